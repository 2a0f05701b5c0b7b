import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.js';
import { nextIn } from './addresses.js';
import { orThrow } from './or-throw.js';
import type { Fetch } from './transport.js';

/** A change of a user, or a `Feed.Reset`: events behind `data.after`, which you may have seen, are lost. */
export type Event = components['schemas']['EventFeed'][number];
export type EventType = components['schemas']['EventType'];

export interface FeedOptions {
  /** The `sequence` to go on behind; 0, the default, is the oldest event that is kept. */
  after?: string | number;
  /** Only these. */
  types?: EventType[];
  /** Seconds that one request waits for an event; with 0 it ends at the end of the feed. */
  wait?: number;
  /** Events a request, 1 to 1000. */
  limit?: number;
  /** Ends it, without an error. */
  signal?: AbortSignal;
}

export interface EventPage {
  events: Event[];
  /** Where to go on once these events are done: keep it as `after`. */
  next: string;
}

/** Below the half minute after which proxies and load balancers tend to cut. */
const WAIT_SECONDS = 25;

/** @param patient sends until it is answered: whoever follows is there when the service comes back */
export async function* eventPages(
  api: Client<paths>,
  patient: Fetch,
  options: FeedOptions,
): AsyncGenerator<EventPage, void> {
  const { types, wait = WAIT_SECONDS, limit = 500, signal } = options;
  let after = String(options.after ?? 0);
  while (!signal?.aborted) {
    const query = {
      ...{ after: Number(after), wait, limit },
      ...(types && { types: types.join(',') }),
    };
    const init = { params: { query }, fetch: patient, ...(signal && { signal }) };
    let page: EventPage;
    try {
      const asked = await api.GET('/api/events', init);
      const events = (await orThrow(asked)) as Event[];
      page = { events, next: nextIn(asked.response, 'after') ?? after };
    } catch (error) {
      if (signal?.aborted) return;
      throw error;
    }
    const isEnd = page.events.length === 0 && page.next === after;
    if (!isEnd) yield page;
    else if (wait === 0) return;
    after = page.next;
  }
}
