import { acrossTenants, ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';

/** The tenants who have a delivery that was made more than a day ago, the shortest time that any is kept for. */
export const selectOldLogs = () =>
  acrossTenants(
    `SELECT DISTINCT h.tenant_id AS "tenantId" FROM hooks h
     WHERE now() - interval '1 day' > (
       SELECT d.created_at FROM hook_deliveries d
       WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id ORDER BY d.sequence LIMIT 1)`,
  );

/** Deletes some of what the log no longer keeps. */
export function deleteOldDeliveries(tenantId: TenantId, days: number, limit: number): Statement {
  return ofTenant(
    tenantId,
    `DELETE FROM hook_deliveries WHERE tenant_id = $1 AND (hook_id, sequence) IN (
       SELECT hook_id, sequence FROM hook_deliveries
       WHERE tenant_id = $1 AND state <> 'pending' AND updated_at < now() - $2 * interval '1 day'
       LIMIT $3)`,
    [days, limit],
  );
}

/** Deletes some of the log of a hook. */
export function deleteLog(tenantId: TenantId, hookId: string, limit: number): Statement {
  return ofTenant(
    tenantId,
    `DELETE FROM hook_deliveries WHERE tenant_id = $1 AND hook_id = $2 AND sequence IN (
       SELECT sequence FROM hook_deliveries WHERE tenant_id = $1 AND hook_id = $2 LIMIT $3)`,
    [hookId, limit],
  );
}
