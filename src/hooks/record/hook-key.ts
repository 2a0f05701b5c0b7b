import type { TenantId } from '../../database/tenant.js';

/** Which hook: its id is one of its tenant. */
export interface HookKey {
  tenantId: TenantId;
  id: string;
}

/** The tenant whose queues have no other name than the hook: they were there before other tenants were. */
const FIRST = 'default' as TenantId;

/** The name of its queue. */
export const queueOf = ({ tenantId, id }: HookKey) =>
  tenantId === FIRST ? id : `${tenantId}/${id}`;

/** The same in SQL, of a row of `hooks` named h. */
export const QUEUE_NAME = `CASE WHEN h.tenant_id = '${FIRST}' THEN h.id ELSE h.tenant_id || '/' || h.id END`;

/** The hook of a queue. */
export function hookOf(queue: string): HookKey {
  const [id = '', tenantId = FIRST] = queue.split('/').reverse();
  return { tenantId: tenantId as TenantId, id };
}
