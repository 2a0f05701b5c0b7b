import type { Client } from 'pg';

/** When user 1 was made; each further one a second earlier. */
const FIRST = Date.UTC(2026, 0, 1);

/** Plans that the custom data of users have, by turns. */
const PLANS = 1_000;

/** Where a walk of the list goes on with the user `n`. */
export const cursorAt = (n: number) =>
  Buffer.from(`${FIRST - (n - 1) * 1_000} u${n - 1}`).toString('base64url');

export const planOf = (n: number) => `plan${n % PLANS}`;

/** One of so many users is suspended: 1,000, 2,000 … */
export const SUSPENDED_EACH = 1_000;

/**
 * Adds the users from one number to another, to one tenant or to each of several. The search indexes are made
 * anew where that is faster.
 */
export async function addUsers(
  client: Client,
  from: number,
  to: number,
  tenants = ['default'],
): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = 'users' AND indexdef LIKE '%USING gin%'`,
  );
  const indexes = (to - from) * tenants.length > from ? rows : [];
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  await client.query(
    `INSERT INTO users (tenant_id, id, name, username, username_key, primary_email,
       primary_email_key, primary_phone, custom_data, profile, is_suspended, created_at)
     SELECT tenant, 'u' || n, 'Name ' || md5(n::text), 'user' || n, 'user' || n,
       'user' || n || '@example.com', 'user' || n || '@example.com',
       (61400000000 + n)::text,
       jsonb_build_object('plan', 'plan' || n % $4, 'order', n),
       '{"givenName": "Ada", "familyName": "Lovelace"}', n % $5 = 0,
       to_timestamp($3::bigint / 1000) - n * interval '1 second'
     FROM unnest($6::text[]) tenant, generate_series($1::int, $2::int) n`,
    [from, to, FIRST, PLANS, SUSPENDED_EACH, tenants],
  );
  await client.query(`SET maintenance_work_mem = '512MB'`);
  for (const { definition } of indexes) await client.query(definition);
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
}
