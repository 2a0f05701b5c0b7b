import { ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { type EventRow, eventRow } from '../events/record/event.statements.js';
import type { DeliveryState } from './delivery-row.js';
import type { Queued } from './dispatch.statements.js';
import type { SealedHook } from '../hooks/record/hook-row.js';

/** A delivery with its hook and its event, if that is still kept. */
export type LoadedDelivery = Pick<SealedHook, 'url' | 'headers' | 'secrets' | 'enabled'> & {
  place: string;
  state: DeliveryState;
  run: string;
} & (EventRow | { [key in keyof EventRow]: null });

export interface NotedAttempt extends Pick<Queued, 'sequence' | 'run'> {
  delivered: boolean;
  /** There is to be no other, whatever the number. */
  isFinal: boolean;
  statusCode: number | null;
  error: string | null;
}

/** The hook is the same in each of them. */
export function loadDeliveries(tenantId: TenantId, hookId: string, sequences: string[]): Statement {
  return ofTenant(
    tenantId,
    `SELECT h.url, h.headers, h.secrets, h.enabled, d.sequence AS place, d.state, d.run, ${eventRow}
     FROM hook_deliveries d
       JOIN hooks h ON h.tenant_id = $1 AND h.id = $2
       LEFT JOIN user_events e
         ON e.tenant_id = $1 AND e.sequence = d.sequence AND e.sequence = ANY ($3::bigint[])
     WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = ANY ($3::bigint[])`,
    [hookId, sequences],
  );
}

/**
 * Notes attempts, unless a replay has begun anew meanwhile. Dead when it was the last one. Rows are
 * locked in their order, as replays do, so that neither waits for the other.
 */
export function noteAttempts(
  tenantId: TenantId,
  hookId: string,
  attempts: NotedAttempt[],
  maxAttempts: number,
): Statement {
  return ofTenant(
    tenantId,
    `WITH attempt AS (
       SELECT *, now() AS at FROM json_to_recordset($3::json) AS a (sequence bigint, run bigint,
         delivered boolean, "isFinal" boolean, "statusCode" integer, error text)),
     held AS MATERIALIZED (
       SELECT d.sequence FROM hook_deliveries d JOIN attempt a USING (sequence, run)
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = ANY ($5::bigint[]) AND d.state = 'pending'
       ORDER BY d.sequence FOR UPDATE OF d),
     noted AS (
       UPDATE hook_deliveries d SET attempts = d.attempts + 1, status_code = a."statusCode",
         error = a.error, updated_at = a.at,
         state = CASE WHEN a.delivered THEN 'delivered'
           WHEN a."isFinal" OR d.attempts + 1 >= $4 THEN 'dead' ELSE 'pending' END
       FROM attempt a JOIN held USING (sequence)
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = a.sequence AND d.run = a.run
       RETURNING d.sequence, d.run, d.state)
     SELECT sequence, run, state FROM noted`,
    [...[hookId, JSON.stringify(attempts), maxAttempts], attempts.map(({ sequence }) => sequence)],
  );
}

export function disableHook(tenantId: TenantId, id: string): Statement {
  return ofTenant(
    tenantId,
    `WITH now AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp()) AS at)
     UPDATE hooks SET enabled = false, version = version + 1, updated_at = greatest(updated_at, now.at)
     FROM now WHERE tenant_id = $1 AND id = $2 AND enabled`,
    [id],
  );
}
