import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds before what was not done is tried again. */
const PAUSE_MS = 50;

export type Send = (method: string, path: string, body?: object) => Promise<Response>;

/** A write that was answered with 200. */
export interface Written {
  user: string;
  name: string;
  etag: string;
  at: number;
}

/** Users whose names are changed without a pause, one change after the other for each. */
export class Writers {
  readonly written: Written[] = [];
  readonly attempts = new Set<string>();
  /** Status → how often; 0 is no answer. */
  readonly statuses = new Map<number, number>();
  /** Of 503 answers. */
  readonly retryAfter = new Set<string | null>();
  private readonly ended: Promise<unknown>;
  private isOver = false;

  constructor(
    private readonly send: Send,
    users: string[],
  ) {
    this.ended = Promise.all(users.map((user) => this.write(user)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async write(user: string): Promise<void> {
    for (let n = 0; !this.isOver; n += 1) {
      const name = `${user}-${n}`;
      this.attempts.add(name);
      const response = await this.send('PATCH', `/users/${user}`, { name }).catch(() => undefined);
      const status = response?.status ?? 0;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 503) this.retryAfter.add(response?.headers.get('retry-after') ?? null);
      await response?.body?.cancel();
      const etag = response?.headers.get('etag') ?? '';
      if (status === 200) this.written.push({ user, name, etag, at: performance.now() });
      else await sleep(PAUSE_MS);
    }
  }
}

export interface FeedEvent {
  id: string;
  type: string;
  subject: string;
  sequence: string;
  data: {
    version?: number;
    requestId?: string | null;
    changes?: { pointer: string; new?: unknown }[];
    after?: string;
  };
}

/** The feed from a place on, to its end. */
export async function readFeed(send: Send, from = '0'): Promise<FeedEvent[]> {
  const all: FeedEvent[] = [];
  for (let after = from; ;) {
    const response = await send('GET', `/events?limit=1000&after=${after}`);
    if (!response.ok) throw new Error(`the feed answers ${response.status}`);
    const page = (await response.json()) as FeedEvent[];
    if (page.length === 0) return all;
    all.push(...page);
    after = page.at(-1)?.sequence ?? after;
  }
}

/** Follows the feed as docs/events.md says: behind the last event seen; after 410, from its end. */
export class Follower {
  /** What it has seen, by place and id. */
  readonly seen: FeedEvent[] = [];
  /** How often it was told to read everything anew. */
  resets = 0;
  private readonly ended: Promise<void>;
  private isOver = false;

  constructor(private readonly send: Send) {
    this.ended = this.follow();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async follow(): Promise<void> {
    let after: string | null = '0';
    while (!this.isOver)
      try {
        const response: Response = await this.send('GET', `/events?limit=1000&after=${after}`);
        if (response.ok) {
          const page = (await response.json()) as FeedEvent[];
          this.seen.push(...page);
          after = page.at(-1)?.sequence ?? after;
        } else if (response.status === 410) {
          this.resets += 1;
          after = (await this.send('GET', '/events?limit=1')).headers.get('last-sequence');
        }
        await sleep(PAUSE_MS);
      } catch {
        await sleep(PAUSE_MS);
      }
  }
}
