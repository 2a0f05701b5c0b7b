import type { Statement } from '../database/statement.js';

/**
 * Deletes the oldest events of the feed, as far as each is older than so many days, and records how
 * far, so that readers who come later are told. Answers how many.
 */
export function pruneEvents(tenantId: string, days: number, most: number): Statement {
  return [
    `WITH batch AS (
       SELECT sequence, occurred_at FROM user_events
       WHERE tenant_id = $1 AND sequence IS NOT NULL ORDER BY sequence LIMIT $3),
     kept AS (
       SELECT min(sequence) AS first FROM batch
       WHERE occurred_at >= now() - make_interval(days => $2)),
     gone AS (
       DELETE FROM user_events e USING batch, kept
       WHERE e.tenant_id = $1 AND e.sequence = batch.sequence
         AND (kept.first IS NULL OR batch.sequence < kept.first)
       RETURNING e.sequence),
     recorded AS (
       UPDATE user_event_sequences s SET pruned = greatest(s.pruned, g.last)
       FROM (SELECT max(sequence) AS last FROM gone) g
       WHERE s.tenant_id = $1 AND g.last IS NOT NULL)
     SELECT count(*)::integer AS pruned FROM gone`,
    [tenantId, days, most],
  ];
}

/** Deletes Idempotency-Keys that are over. Answers how many. */
export function pruneKeys(tenantId: string, most: number): Statement {
  return [
    `WITH gone AS (
       DELETE FROM idempotency_keys WHERE tenant_id = $1 AND id IN (
         SELECT id FROM idempotency_keys WHERE tenant_id = $1 AND expires_at < now()
         ORDER BY expires_at LIMIT $2)
       RETURNING 1)
     SELECT count(*)::integer AS pruned FROM gone`,
    [tenantId, most],
  ];
}
