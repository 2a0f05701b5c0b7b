import { acrossTenants } from '../database/statement.js';

/** What all hooks together have to deliver, and what was given up. */
export interface Outstanding {
  pending: number;
  dead: number;
  /** Seconds that the oldest has waited. */
  age: number;
}

/** Of hooks that are disabled, or of a suspended tenant, only dead letters count: the rest waits as it is meant to. */
export const selectOutstanding = () =>
  acrossTenants(
    `SELECT coalesce(sum(pending), 0)::float8 AS pending, coalesce(sum(dead), 0)::float8 AS dead,
       greatest(0, coalesce(max(extract(epoch FROM now() - since)), 0))::float8 AS age
     FROM (
       SELECT
         (SELECT count(*) FROM hook_deliveries d WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id
            AND d.state = 'pending' AND h.works) AS pending,
         (SELECT count(*) FROM hook_deliveries d WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id
            AND d.state = 'dead') AS dead,
         (SELECT CASE WHEN d.attempts = 0 THEN d.updated_at ELSE d.created_at END
          FROM hook_deliveries d WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id
            AND d.state = 'pending' AND h.works ORDER BY d.sequence LIMIT 1) AS since
       FROM (
         SELECT tenant_id, id, enabled AND NOT EXISTS (
           SELECT 1 FROM tenants t WHERE t.id = hooks.tenant_id AND t.is_suspended) AS works
         FROM hooks) h) hook`,
  );
