import { acrossTenants, ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';

/** A tenant whose oldest event is older than a day, the shortest time that events are kept for. */
export interface OldFeed {
  tenantId: TenantId;
  oldest: Date;
  now: Date;
}

export const selectOldFeeds = () =>
  acrossTenants(
    `SELECT * FROM (
       SELECT s.tenant_id AS "tenantId", now() AS now, (
         SELECT e.occurred_at FROM user_events e
         WHERE e.tenant_id = s.tenant_id AND e.sequence > s.pruned
         ORDER BY e.sequence LIMIT 1) AS oldest
       FROM user_event_sequences s WHERE s.last > s.pruned) feed
     WHERE oldest < now() - interval '1 day'`,
  );

/** The tenants that have keys which are over. */
export const selectOldKeys = () =>
  acrossTenants(
    `SELECT DISTINCT tenant_id AS "tenantId" FROM idempotency_keys WHERE expires_at < now()`,
  );

/**
 * Deletes the oldest events of the feed, as far as each is older than this, and records how far, so that
 * readers who come later are told. Answers how many.
 */
export function pruneEvents(tenantId: TenantId, before: Date, most: number): Statement {
  return ofTenant(
    tenantId,
    `WITH batch AS (
       SELECT sequence, occurred_at FROM user_events
       WHERE tenant_id = $1 AND sequence IS NOT NULL ORDER BY sequence LIMIT $3),
     kept AS (
       SELECT min(sequence) AS first FROM batch WHERE occurred_at >= $2),
     gone AS (
       DELETE FROM user_events e USING batch, kept
       WHERE e.tenant_id = $1 AND e.sequence = batch.sequence AND e.occurred_at = batch.occurred_at
         AND (kept.first IS NULL OR batch.sequence < kept.first)
       RETURNING e.sequence),
     recorded AS (
       UPDATE user_event_sequences s SET pruned = greatest(s.pruned, g.last)
       FROM (SELECT max(sequence) AS last FROM gone) g
       WHERE s.tenant_id = $1 AND g.last IS NOT NULL)
     SELECT count(*)::integer AS pruned FROM gone`,
    [before, most],
  );
}

/** Deletes Idempotency-Keys that are over. Answers how many. */
export function pruneKeys(tenantId: TenantId, most: number): Statement {
  return ofTenant(
    tenantId,
    `WITH gone AS (
       DELETE FROM idempotency_keys WHERE tenant_id = $1 AND id IN (
         SELECT id FROM idempotency_keys WHERE tenant_id = $1 AND expires_at < now()
         ORDER BY expires_at LIMIT $2)
       RETURNING 1)
     SELECT count(*)::integer AS pruned FROM gone`,
    [most],
  );
}
