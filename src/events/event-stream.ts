import { Readable } from 'node:stream';
import type { TenantId } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import type { EventFeed, FeedPage, FeedQuery } from './record/event-feed.service.js';
import { streamBytes } from './rendered-page.js';

/** Milliseconds of silence after which a proxy may think that nobody is there any more. */
const KEEP_ALIVE_MS = 15_000;

export interface StreamOptions {
  /** What was read before the answer began, so that a refusal could still be one. */
  first: FeedPage;
  /** Milliseconds since the epoch: a token opens a stream no longer than it is valid. */
  until: number;
  /** The client has left. */
  gone: AbortSignal;
  onProblem: (error: unknown) => void;
}

/** The feed as server-sent events (HTML, section 9.2); the id of each is its sequence. */
export function eventStream(
  feed: EventFeed,
  tenantId: TenantId,
  query: FeedQuery,
  options: StreamOptions,
): Readable {
  const stream = Readable.from(blocks(feed, tenantId, query, options), { objectMode: false });
  // A reader that does not read would keep it open.
  const late = options.until - Date.now() + KEEP_ALIVE_MS;
  const timer = setTimeout(() => stream.destroy(), Math.min(late, 2 ** 31 - 1)).unref();
  return stream.once('close', () => clearTimeout(timer));
}

async function* blocks(
  feed: EventFeed,
  tenantId: TenantId,
  query: FeedQuery,
  { first, until, gone, onProblem }: StreamOptions,
): AsyncGenerator<string | Buffer> {
  let page = first;
  yield 'retry: 1000\n\n';
  try {
    for (;;) {
      yield streamBytes(tenantId, page);
      const left = Math.min(until - Date.now(), KEEP_ALIVE_MS);
      if (left <= 0 || gone.aborted || feed.isClosing) return;
      page = await feed.readOrWait(tenantId, { ...query, after: page.next }, left, gone);
    }
  } catch (error) {
    // The reader connects again with the id that it has, and is told then.
    if (!(error instanceof AppError)) onProblem(error);
  }
}
