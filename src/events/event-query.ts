import { AppError } from '../errors/app-error.js';
import { QueryParameters } from '../http/query-parameters.js';
import type { FeedQuery } from './record/event-feed.service.js';
import { EVENT_TYPES } from './record/event-types.js';

export const MAX_EVENTS = 1_000;
export const DEFAULT_EVENTS = 100;

/** Seconds that a request may wait for events. */
export const MAX_WAIT = 60;
/** Seconds after which it is answered all the same: many proxies give up on a server after 60. */
const LONGEST_WAIT = 55;

const MAX = Number.MAX_SAFE_INTEGER;

/**
 * `GET /api/events`, understood. `Last-Event-ID` stands above `after`; 0 and nothing both mean from
 * the oldest event that is kept.
 *
 * @throws AppError guard.invalid_input, request.invalid_header
 */
export function parseFeedQuery(
  parameters: Record<string, unknown>,
  lastEventId: string | string[] | undefined,
): FeedQuery & { waitMs: number } {
  const query = new QueryParameters(parameters, (name) =>
    ['after', 'limit', 'types', 'wait'].includes(name),
  );
  const understood = {
    after: parseLastEventId(lastEventId) ?? query.whole('after', 0, 0, MAX),
    limit: query.whole('limit', DEFAULT_EVENTS, 1, MAX_EVENTS),
    types: query.choices('types', EVENT_TYPES),
    waitMs: Math.min(query.whole('wait', 0, 0, MAX_WAIT), LONGEST_WAIT) * 1_000,
  };
  query.check();
  return understood;
}

/** `GET /api/users/{userId}/events`, understood. @throws AppError guard.invalid_input */
export function parseHistoryQuery(parameters: Record<string, unknown>) {
  const query = new QueryParameters(parameters, (name) => ['cursor', 'limit'].includes(name));
  const understood = {
    before: query.text('cursor') === undefined ? undefined : query.whole('cursor', 1, 1, MAX),
    limit: query.whole('limit', DEFAULT_EVENTS, 1, MAX_EVENTS),
  };
  query.check();
  return understood;
}

function parseLastEventId(value: string | string[] | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new AppError('request.invalid_header', 'Last-Event-ID must be the sequence of an event.');
}
