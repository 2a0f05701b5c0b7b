import type { Client } from 'pg';
import type { Servers } from './servers.js';

const DOMAIN = 'tenants.test';

export const tenantIds = (count: number) => Array.from({ length: count }, (_, at) => `t${at + 1}`);

export const hostOf = (id: string) => `${id}.${DOMAIN}`;

/** Settings with which no tenant needs a line of its own: each has its host, its issuer and its audiences. */
export const tenantSettings = ({ issuer }: Servers) => ({
  TENANT_HOSTS: `*.${DOMAIN}`,
  AUTH_ISSUER: `${issuer.url}/{tenant}`,
  AUTH_JWKS_URI: `${issuer.url}/jwks?tenant={tenant}`,
  AUTH_USER_AUDIENCE: 'urn:{tenant}:user',
  AUTH_MANAGEMENT_AUDIENCE: 'urn:{tenant}:management',
});

export const tenantToken = ({ issuer }: Servers, id: string) =>
  issuer.managementToken({
    iss: `${issuer.url}/${id}`,
    aud: `urn:${id}:management`,
    exp: Math.floor(Date.now() / 1_000) + 36_000,
  });

export async function addTenants(client: Client, ids: string[]): Promise<void> {
  await client.query('INSERT INTO tenants (id) SELECT unnest($1::text[])', [ids]);
}

/** So many hooks of each tenant, which once have delivered what there was: each has a queue. */
export async function addHooks(client: Client, ids: string[], each: number): Promise<void> {
  await client.query(
    `INSERT INTO user_event_sequences (tenant_id, last, epoch)
     SELECT unnest($1::text[]), 1, database_epoch()`,
    [ids],
  );
  await client.query(
    `INSERT INTO hooks (tenant_id, id, url, types, secrets, enabled, exclude_client_ids, last_sequence)
     SELECT tenant, 'hook' || n, 'http://127.0.0.1:9', '[]', 'none', true, '[]', 1
     FROM unnest($1::text[]) tenant, generate_series(1, $2::int) n`,
    [ids, each],
  );
  await client.query(
    `INSERT INTO hook_queue.queue (name, policy, retry_limit, retry_delay, retry_backoff,
       expire_seconds, retention_seconds, deletion_seconds, partition, table_name)
     SELECT tenant_id || '/' || id, 'key_strict_fifo', 1000000000, 5, true, 15, 1000000000, 60, false,
       'job_common' FROM hooks`,
  );
  await client.query('VACUUM ANALYZE');
}
