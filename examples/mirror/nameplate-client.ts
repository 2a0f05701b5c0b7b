/** The part of an event that a mirror needs: who changed, and in which order. */
export interface UserEvent {
  type: `User.${string}`;
  subject: string;
  sequence: string;
}

/** The feed goes on without events behind `data.after` that somebody may have seen. */
export interface FeedReset {
  type: 'Feed.Reset';
  subject?: undefined;
  sequence: string;
  data: { after: string };
}

export type Event = UserEvent | FeedReset;

/** The feed no longer has what is behind the position. */
export class PositionLost extends Error {}

export interface Page {
  events: Event[];
  /** Where to go on. */
  next: string;
}

/** What nameplate says of a user. */
export interface Source {
  user: Record<string, unknown>;
  version: number;
}

/** The requests that a mirror makes. */
export class NameplateClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** The next events of the feed; waits for one if there is none yet. */
  async events(after: string, signal: AbortSignal): Promise<Page> {
    const response = await this.get(`/api/events?after=${after}&limit=500&wait=20`, signal);
    const link = /[?&]after=(\d+)/.exec(response.headers.get('link') ?? '');
    return { events: (await response.json()) as Event[], next: link?.[1] ?? after };
  }

  /** The last place of the feed. */
  async end(): Promise<string> {
    const response = await this.get('/api/events?limit=1');
    await response.body?.cancel();
    return response.headers.get('last-sequence') ?? '0';
  }

  /** The ids of all users. */
  async *ids(): AsyncGenerator<string> {
    let path: string | undefined = '/api/users?cursor=&page_size=100';
    while (path) {
      const response = await this.get(path);
      for (const { id } of (await response.json()) as { id: string }[]) yield id;
      const next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
      // It is relative to the request.
      path = next && new URL(next, this.url + path).href.slice(this.url.length);
    }
  }

  /** The user as it is now; undefined when there is none. */
  async user(id: string): Promise<Source | undefined> {
    const response = await this.get(`/api/users/${encodeURIComponent(id)}`);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    const user = (await response.json()) as Record<string, unknown>;
    return { user, version: Number(response.headers.get('etag')?.replaceAll('"', '')) };
  }

  private async get(path: string, signal?: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(this.url + path, { headers, signal: signal ?? null });
    if (response.ok || response.status === 404) return response;
    if (response.status === 410) throw new PositionLost();
    throw new Error(`nameplate answers ${response.status} to GET ${path}`);
  }
}
