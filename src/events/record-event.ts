import type { EventType } from './event-types.js';
import { eventId } from './recorded-events.js';
import type { Origin } from './origin.js';

/** What an event says beside the change itself. */
export interface Recording {
  type: EventType;
  origin: Origin;
  /** Whether the old and the new values are kept, or only where they are. */
  withValues: boolean;
}

/** SQL expressions over `from`. */
interface Recorded {
  from: string;
  userId: string;
  version: string;
  at: string;
  /** Two jsonb documents, whose differences are the changes. */
  before: string;
  after: string;
  /** Pointers of changes whose values nobody may know. */
  secrets?: string[];
}

/**
 * The INSERT that records an event, to stand as a CTE in the statement of the change, so that neither
 * is ever there without the other. Its parameters follow the `fixed` ones that the statement has.
 */
export function recordEvent(
  { from, userId, version, at, before, after, secrets = [] }: Recorded,
  { type, origin, withValues }: Recording,
  fixed: unknown[],
): [sql: string, parameters: unknown[]] {
  const first = fixed.length + 1;
  const actor = origin.actor && JSON.stringify(origin.actor);
  const parameters = [type, actor, origin.requestId, eventId()];
  const hidden = JSON.stringify(secrets.map((pointer) => ({ pointer })));
  return [
    `INSERT INTO user_events
       (tenant_id, id, user_id, version, occurred_at, type, actor, request_id, changes)
     SELECT $1, $${first + 3}::uuid, ${userId}, ${version}, ${at}, $${first}::varchar, $${first + 1}::jsonb,
       $${first + 2}::varchar, json_changes(${before}, ${after}, ${withValues}) || '${hidden}'::jsonb
     FROM ${from}`,
    [...fixed, ...parameters],
  ];
}
