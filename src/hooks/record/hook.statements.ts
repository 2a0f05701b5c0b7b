import { acrossTenants, ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import type { SealedHook } from './hook-row.js';

const hookRow = `
  h.id, h.url, h.types, h.headers, h.secrets, h.enabled, h.exclude_client_ids AS "excludeClientIds",
  h.last_sequence AS "lastSequence", h.version, h.created_at AS "createdAt",
  h.updated_at AS "updatedAt"`;

type Stored = Pick<
  SealedHook,
  'id' | 'url' | 'types' | 'headers' | 'secrets' | 'enabled' | 'excludeClientIds'
>;

export function selectHooks(tenantId: TenantId): Statement {
  return ofTenant(
    tenantId,
    `SELECT ${hookRow} FROM hooks h WHERE h.tenant_id = $1 ORDER BY h.created_at DESC, h.id`,
  );
}

/** Some of all tenants': whether their secrets can be opened says as much of the others. */
export const selectAllHooks = () =>
  acrossTenants(`SELECT h.tenant_id AS "tenantId", ${hookRow} FROM hooks h LIMIT 1000`);

const hookById = `SELECT ${hookRow} FROM hooks h WHERE h.tenant_id = $1 AND h.id = $2`;

export function selectHook(tenantId: TenantId, id: string): Statement {
  return ofTenant(tenantId, hookById, [id]);
}

/** Holds the row until the end of the transaction. */
export function lockHook(tenantId: TenantId, id: string): Statement {
  return ofTenant(tenantId, `${hookById} FOR UPDATE`, [id]);
}

/** The end of the feed, held until the end of the transaction: hooks are made one after the other. */
export function lockEndOfFeed(tenantId: TenantId): Statement {
  return ofTenant(
    tenantId,
    `SELECT last FROM user_event_sequences WHERE tenant_id = $1 FOR UPDATE`,
  );
}

export function countHooks(tenantId: TenantId): Statement {
  return ofTenant(tenantId, `SELECT count(*)::integer AS count FROM hooks WHERE tenant_id = $1`);
}

export function insertHook(tenantId: TenantId, hook: Stored, lastSequence: string): Statement {
  return ofTenant(
    tenantId,
    `WITH h AS (
       INSERT INTO hooks
         (tenant_id, id, url, types, headers, secrets, enabled, exclude_client_ids, last_sequence)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *)
     SELECT ${hookRow} FROM h`,
    [...values(hook), lastSequence],
  );
}

/** Stores what is set of a hook, which gets a new version. */
export function updateHook(tenantId: TenantId, hook: Stored): Statement {
  return ofTenant(
    tenantId,
    `WITH now AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp()) AS at),
     h AS (
       UPDATE hooks SET url = $3, types = $4, headers = $5, secrets = $6, enabled = $7,
         exclude_client_ids = $8, version = version + 1, updated_at = greatest(updated_at, now.at)
       FROM now WHERE tenant_id = $1 AND id = $2 RETURNING hooks.*)
     SELECT ${hookRow} FROM h`,
    [...values(hook)],
  );
}

export function deleteHook(tenantId: TenantId, id: string): Statement {
  return ofTenant(tenantId, `DELETE FROM hooks WHERE tenant_id = $1 AND id = $2`, [id]);
}

const values = ({ id, url, types, headers, secrets, enabled, excludeClientIds }: Stored) => [
  ...[id, url, JSON.stringify(types), headers, secrets, enabled],
  JSON.stringify(excludeClientIds),
];
