import type { EventType } from './event-types.js';
import type { Origin } from '../../auth/origin.js';

/** What an event says beside the change itself. */
export interface Recording {
  /** Of the event. */
  id: string;
  type: EventType;
  origin: Origin;
  /** Whether the old and the new values are kept, or only where they are. */
  withValues: boolean;
}

/** The same as columns of a recordset, and the SQL of those. */
export const recordingColumns = ({ id, type, origin }: Recording) => ({
  event: id,
  type,
  actor: origin.actor,
  request_id: origin.requestId,
  traceparent: origin.traceparent,
});
export const RECORDING_COLUMNS =
  'event uuid, type varchar, actor jsonb, request_id varchar, traceparent varchar';

/** SQL expressions over `from`, which has the columns of a recording. */
interface Recorded {
  from: string;
  userId: string;
  version: string;
  at: string;
  changes: string;
}

/**
 * The INSERT that records an event of each row, to stand as a CTE in the statement of the change, so
 * that neither is ever there without the other.
 */
export const recordEvents = ({ from, userId, version, at, changes }: Recorded) => `
  INSERT INTO user_events
    (tenant_id, id, user_id, version, occurred_at, type, actor, request_id, traceparent, changes)
  SELECT $1, event, ${userId}, ${version}, ${at}, type, actor, request_id, traceparent, ${changes}
  FROM ${from}`;
