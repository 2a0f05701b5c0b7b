import { ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import type { DeliveryState } from './delivery-row.js';

const deliveryRow = `
  d.sequence, d.event_id AS "eventId", d.type, d.user_id AS "userId", d.state, d.attempts,
  d.status_code AS "statusCode", d.error, d.created_at AS "createdAt", d.updated_at AS "updatedAt"`;

/** What makes a delivery one that is still to be queued, in the replay of the hook h. */
const AGAIN = `state = 'pending', queued = false, attempts = 0, run = h.runs, updated_at = h.at`;

/**
 * Every replay has a number of its own, by which jobs of the one before are told. The hook has to be
 * locked by a statement before: this one judges by what it sees when it begins.
 */
const nextRun = (condition: string, more = '') => `
  UPDATE hooks SET runs = runs + 1 ${more} FROM now
  WHERE tenant_id = $1 AND id = $2 AND ${condition} RETURNING hooks.*, now.at`;

/** Read apart from what it is written by, which may be run on another node. */
const NOW = 'now AS MATERIALIZED (SELECT now() AS at)';

/** SQL of whether there is such a delivery of the hook: a replay of none is no replay. */
const hasOne = (condition: string) =>
  `EXISTS (SELECT 1 FROM hook_deliveries WHERE tenant_id = $1 AND hook_id = $2 AND ${condition})`;

/** Newest first, from the one before the place `before`. */
export function selectDeliveries(
  tenantId: TenantId,
  hookId: string,
  { state, before, limit }: DeliveryQuery,
): Statement {
  return ofTenant(
    tenantId,
    `SELECT ${deliveryRow} FROM hook_deliveries d
     WHERE d.tenant_id = $1 AND d.hook_id = $2 AND ($3::varchar IS NULL OR d.state = $3)
       AND ($4::bigint IS NULL OR d.sequence < $4)
     ORDER BY d.sequence DESC LIMIT $5`,
    [hookId, state ?? null, before ?? null, limit],
  );
}

export interface DeliveryQuery {
  /** Undefined = any. */
  state: DeliveryState | undefined;
  before: number | undefined;
  limit: number;
}

export function selectDelivery(tenantId: TenantId, hookId: string, sequence: number): Statement {
  return ofTenant(
    tenantId,
    `SELECT ${deliveryRow} FROM hook_deliveries d
     WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = $3`,
    [hookId, sequence],
  );
}

/** No row: there is none, or it is on its way anyhow. */
export function replayDelivery(tenantId: TenantId, hookId: string, sequence: number): Statement {
  return ofTenant(
    tenantId,
    `WITH ${NOW}, h AS (${nextRun(hasOne(`sequence = $3 AND state <> 'pending'`))}),
     d AS (
       UPDATE hook_deliveries SET ${AGAIN} FROM h
       WHERE hook_deliveries.tenant_id = $1 AND hook_id = $2 AND sequence = $3
         AND state <> 'pending' RETURNING hook_deliveries.*)
     SELECT ${deliveryRow} FROM d`,
    [hookId, sequence],
  );
}

/** Answers how many there are. */
export function replayDead(tenantId: TenantId, hookId: string): Statement {
  return ofTenant(
    tenantId,
    `WITH ${NOW}, h AS (${nextRun(hasOne(`state = 'dead'`))}),
     d AS (
       UPDATE hook_deliveries SET ${AGAIN} FROM h
       WHERE hook_deliveries.tenant_id = $1 AND hook_id = $2 AND state = 'dead' RETURNING 1)
     SELECT count(*)::integer AS replayed FROM d`,
    [hookId],
  );
}

/**
 * Takes the hook back to a place in the feed, if it is beyond it: what was queued is void, what is
 * pending up to there is queued anew, everything behind follows from the feed. Rows are locked in their
 * order, as attempts do that are noted. Answers how far back; no row: it is not beyond it.
 */
export function rewind(tenantId: TenantId, hookId: string, after: number): Statement {
  return ofTenant(
    tenantId,
    `WITH ${NOW}, old AS (
       SELECT last_sequence FROM hooks WHERE tenant_id = $1 AND id = $2),
     h AS (${nextRun('last_sequence > $3::bigint', ', last_sequence = $3::bigint, rewound = true')}),
     held AS MATERIALIZED (
       SELECT d.sequence FROM hook_deliveries d, h
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND (d.sequence > $3::bigint OR d.state = 'pending')
       ORDER BY d.sequence FOR UPDATE OF d),
     gone AS (
       DELETE FROM hook_deliveries d USING held
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = held.sequence
         AND d.sequence > $3::bigint),
     kept AS (
       UPDATE hook_deliveries d SET queued = false, run = h.runs FROM held, h
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = held.sequence
         AND d.sequence <= $3::bigint AND d.state = 'pending')
     SELECT old.last_sequence - h.last_sequence AS replayed FROM old, h`,
    [hookId, after],
  );
}
