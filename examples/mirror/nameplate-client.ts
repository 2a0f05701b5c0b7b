/** The part of an event that a mirror needs: who changed, and in which order. */
export interface Event {
  subject: string;
  sequence: string;
}

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

/** The three requests that a mirror makes. */
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
    throw new Error(`nameplate answers ${response.status} to GET ${path}`);
  }
}
