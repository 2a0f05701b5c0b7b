import { acrossTenants, type Statement } from '../database/statement.js';
import type { TenantFields } from './tenant-record.js';

const record = `
  t.id, t.issuer, t.jwks_uri AS "jwksUri", t.user_audience AS "userAudience",
  t.management_audience AS "managementAudience", t.settings, t.is_suspended AS "isSuspended",
  t.version, t.created_at AS "createdAt", t.updated_at AS "updatedAt",
  ARRAY(SELECT h.host FROM tenant_hosts h WHERE h.tenant_id = t.id ORDER BY h.host) AS hosts`;

/** Nobody else writes tenants until the end of the transaction; they are read all the same. */
export const lockTenants = (): Statement =>
  acrossTenants(`LOCK TABLE tenants IN SHARE ROW EXCLUSIVE MODE`);

/** A page of them by id, behind this one. */
export function selectTenants(after: string, most: number): Statement {
  return acrossTenants(`SELECT ${record} FROM tenants t WHERE t.id > $1 ORDER BY t.id LIMIT $2`, [
    after,
    most,
  ]);
}

export function selectTenantRecord(id: string): Statement {
  return acrossTenants(`SELECT ${record} FROM tenants t WHERE t.id = $1`, [id]);
}

/** No row: there is one of this id. */
export function insertTenant(id: string, fields: TenantFields): Statement {
  return acrossTenants(
    `INSERT INTO tenants
       (id, issuer, jwks_uri, user_audience, management_audience, settings, is_suspended)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
    [id, ...values(fields)],
  );
}

export function updateTenant(id: string, fields: TenantFields): Statement {
  return acrossTenants(
    `WITH now AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp()) AS at)
     UPDATE tenants SET issuer = $2, jwks_uri = $3, user_audience = $4, management_audience = $5,
       settings = $6, is_suspended = $7, version = version + 1,
       updated_at = greatest(updated_at, now.at)
     FROM now WHERE id = $1`,
    [id, ...values(fields)],
  );
}

const values = (fields: TenantFields) => [
  ...[fields.issuer, fields.jwksUri, fields.userAudience, fields.managementAudience],
  ...[JSON.stringify(fields.settings), fields.isSuspended],
];

export function deleteOtherHosts(id: string, hosts: string[]): Statement {
  return acrossTenants(`DELETE FROM tenant_hosts WHERE tenant_id = $1 AND host <> ALL ($2)`, [
    id,
    hosts,
  ]);
}

/** Those of the hosts that are another tenant's. */
export function selectTakenHosts(id: string, hosts: string[]): Statement {
  return acrossTenants(`SELECT host FROM tenant_hosts WHERE host = ANY ($2) AND tenant_id <> $1`, [
    id,
    hosts,
  ]);
}

export function insertHosts(id: string, hosts: string[]): Statement {
  return acrossTenants(
    `INSERT INTO tenant_hosts (tenant_id, host) SELECT $1, unnest($2::varchar[])
     ON CONFLICT (host) DO NOTHING`,
    [id, hosts],
  );
}

export function deleteTenant(id: string): Statement {
  return acrossTenants(`DELETE FROM tenants WHERE id = $1`, [id]);
}

/** Whether the tenant has users, deleted ones not counted. */
export function hasUsers(id: string): Statement {
  return acrossTenants(`SELECT EXISTS (SELECT 1 FROM users WHERE tenant_id = $1) AS found`, [id]);
}

/** Every table that has something of a tenant; what refers to another one stands before it. */
export const TABLES_OF_TENANTS = [
  ...['hook_deliveries', 'hooks', 'user_events', 'user_event_sequences', 'idempotency_keys'],
  ...['user_identities', 'user_sso_identities', 'deleted_users', 'users'],
] as const;

/** Deletes some of what a tenant has in one table. Answers how many rows. */
export function deleteSome(
  table: (typeof TABLES_OF_TENANTS)[number],
  id: string,
  most: number,
): Statement {
  return acrossTenants(
    `WITH gone AS (
       DELETE FROM ${table} WHERE tenant_id = $1 AND ctid IN (
         SELECT ctid FROM ${table} WHERE tenant_id = $1 LIMIT $2)
       RETURNING 1)
     SELECT count(*)::integer AS deleted FROM gone`,
    [id, most],
  );
}
