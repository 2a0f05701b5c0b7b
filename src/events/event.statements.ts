import type { Statement } from '../database/statement.js';
import type { EventType } from './event-types.js';
import type { Actor } from './origin.js';
import type { Change } from './user-event.entity.js';

/** One event as the statements below answer it. */
export interface EventRow {
  id: string;
  sequence: string;
  type: EventType;
  userId: string;
  version: string;
  /** RFC 3339, in microseconds. */
  time: string;
  actor: Actor | null;
  requestId: string | null;
  changes: Change[];
}

/** The columns of an `EventRow`, of a row of `user_events` named e. */
export const eventRow = `
  e.id, e.sequence, e.type, e.user_id AS "userId", e.version,
  to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
  e.actor, e.request_id AS "requestId", e.changes`;

/** Gives every committed event, at most so many, its place in the feed; answers the last place. */
export function sequenceEvents(tenantId: string, most: number): Statement {
  return [`SELECT sequence_user_events($1, $2) AS last`, [tenantId, most]];
}

/** The last place whose event retention has deleted. */
export function selectPruned(tenantId: string): Statement {
  return [`SELECT pruned FROM user_event_sequences WHERE tenant_id = $1`, [tenantId]];
}

/** Events behind `after` up to `last`, of any type or of these. */
export function selectFeed(
  tenantId: string,
  range: { after: number; last: number; limit: number },
  types: readonly EventType[] | undefined,
): Statement {
  return [
    `SELECT ${eventRow} FROM user_events e
     WHERE e.tenant_id = $1 AND e.sequence > $2 AND e.sequence <= $3
       AND ($4::text[] IS NULL OR e.type = ANY ($4::text[]))
     ORDER BY e.sequence LIMIT $5`,
    [tenantId, range.after, range.last, types ?? null, range.limit],
  ];
}

/** A user's events, newest first, from the one before the place `before`. */
export function selectHistory(
  tenantId: string,
  userId: string,
  { before, limit }: { before: number | undefined; limit: number },
): Statement {
  return [
    `SELECT ${eventRow} FROM user_events e
     WHERE e.tenant_id = $1 AND e.user_id = $2 AND e.sequence IS NOT NULL
       AND ($3::bigint IS NULL OR (e.occurred_at, e.version) < (
         SELECT b.occurred_at, b.version FROM user_events b
         WHERE b.tenant_id = $1 AND b.sequence = $3 AND b.user_id = $2))
     ORDER BY e.occurred_at DESC, e.version DESC LIMIT $4`,
    [tenantId, userId, before ?? null, limit],
  ];
}

export function selectUserExists(tenantId: string, id: string): Statement {
  return [`SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2`, [tenantId, id]];
}
