import { ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import { type EventType, FEED_RESET } from './event-types.js';
import type { Actor } from '../../auth/origin.js';

/** One event as the statements below answer it. */
export interface EventRow {
  /** How many there are from the first of the answer on, up to the limit: some may be left out. */
  found: number;
  id: string;
  sequence: string;
  type: EventType | typeof FEED_RESET;
  userId: string;
  version: string;
  /** RFC 3339, in microseconds. */
  time: string;
  actor: Actor | null;
  requestId: string | null;
  /** Null where traces were off. */
  traceparent: string | null;
  /** A JSON array of `Change`, maybe of megabytes: what is answered, as PostgreSQL says it. */
  changes: string;
}

/** The columns of an `EventRow`, of a row of `user_events` named e. */
export const eventRow = `
  e.id, e.sequence, e.type, e.user_id AS "userId", e.version,
  to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
  e.actor, e.request_id AS "requestId", e.traceparent, e.changes::text`;

/** What an `EventRow` is made of; the changes become text once. */
const SELECTED = `id, sequence, type, user_id, version, occurred_at, actor, request_id, traceparent,
  changes::text`;

/** Bytes of changes behind which an answer has no further event, or a thousand could be 100 MB. */
const MAX_BYTES = 4_194_304;

/** The first rows of a selection of events e: as many as are not too large, at least one. */
const bounded = (selection: string, order: string) => `
  WITH selected AS (${selection}),
  measured AS (
    SELECT *, count(*) OVER () AS found,
      coalesce(sum(octet_length(changes)) OVER (
        ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM selected)
  SELECT ${eventRow}, e.found::integer FROM measured e WHERE e.before < ${MAX_BYTES} ORDER BY ${order}`;

/** What has become of the events behind a place. */
export interface Kept {
  /** The last place whose event retention has deleted. */
  pruned: string;
  /** The last one that was not lost, if this is one that was. */
  survived: string | null;
}

export function selectKept(tenantId: TenantId, place: number): Statement {
  return ofTenant(
    tenantId,
    `SELECT s.pruned, (
       SELECT e.version FROM user_events e
       WHERE e.tenant_id = $1 AND e.user_id = '' AND e.version < $2 AND e.sequence > $2) AS survived
     FROM user_event_sequences s WHERE s.tenant_id = $1`,
    [place],
  );
}

/** Events behind `after` up to `last`, of any type or of these, and resets in any case. */
export function selectFeed(
  tenantId: TenantId,
  range: { after: number; last: number; limit: number },
  types: readonly EventType[] | undefined,
): Statement {
  return ofTenant(
    tenantId,
    bounded(
      `SELECT ${SELECTED} FROM user_events
       WHERE tenant_id = $1 AND sequence > $2 AND sequence <= $3
         AND ($4::text[] IS NULL OR type = ANY ($4::text[]))
       ORDER BY sequence LIMIT $5`,
      'sequence',
    ),
    [range.after, range.last, types ? [...types, FEED_RESET] : null, range.limit],
  );
}

/** A user's events, newest first, from the one before the place `before`. */
export function selectHistory(
  tenantId: TenantId,
  userId: string,
  { before, limit }: { before: number | undefined; limit: number },
): Statement {
  return ofTenant(
    tenantId,
    bounded(
      `SELECT ${SELECTED} FROM user_events
       WHERE tenant_id = $1 AND user_id = $2 AND sequence IS NOT NULL
         AND ($3::bigint IS NULL OR version < (
           SELECT b.version FROM user_events b
           WHERE b.tenant_id = $1 AND b.sequence = $3 AND b.user_id = $2))
       ORDER BY version DESC LIMIT $4`,
      'version DESC',
    ),
    [userId, before ?? null, limit],
  );
}

export function selectUserExists(tenantId: TenantId, id: string): Statement {
  return ofTenant(tenantId, `SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2`, [id]);
}

/**
 * Leaves of each change of a user, up to the last deletion of one with this id, only the field that it
 * was in: keys of custom data may say as much as values. Answers how many events that were.
 */
export function eraseEvents(tenantId: TenantId, userId: string): Statement {
  return ofTenant(
    tenantId,
    `WITH erased AS (
       UPDATE user_events SET changes = (
         SELECT coalesce(jsonb_agg(DISTINCT
           jsonb_build_object('pointer', '/' || split_part(change ->> 'pointer', '/', 2))), '[]')
         FROM jsonb_array_elements(changes) change)
       WHERE tenant_id = $1 AND user_id = $2 AND version <= (
         SELECT max(version) FROM user_events
         WHERE tenant_id = $1 AND user_id = $2 AND type = 'User.Deleted')
       RETURNING 1)
     SELECT count(*)::integer AS events FROM erased`,
    [userId],
  );
}
