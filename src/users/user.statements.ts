import type { Columns } from './patch-columns.js';

/** A statement and its parameters, as `DataSource.query` takes them. */
export type Statement = [sql: string, parameters: unknown[]];

export interface WriteConditions {
  /** The versions that `If-Match` names; undefined = any. */
  versions: string[] | undefined;
  refuseSuspended: boolean;
}

const identities = `
  (SELECT coalesce(jsonb_object_agg(i.target,
       jsonb_build_object('userId', i.identity_id, 'details', i.details)), '{}')
   FROM user_identities i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id)`;

const ssoIdentities = `
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
       'tenantId', s.tenant_id, 'id', s.id, 'userId', s.user_id, 'issuer', s.issuer,
       'identityId', s.identity_id, 'detail', s.detail,
       'createdAt', (extract(epoch FROM s.created_at) * 1000)::bigint,
       'ssoConnectorId', s.sso_connector_id) ORDER BY s.created_at, s.id), '[]')
   FROM user_sso_identities s WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id)`;

/** The columns of a `UserRow`, of a row of `users` named u. */
const userRow = `
  u.id, u.username, u.primary_email AS "primaryEmail", u.primary_phone AS "primaryPhone",
  u.name, u.avatar, u.custom_data AS "customData", ${identities} AS identities,
  u.last_sign_in_at AS "lastSignInAt", u.created_at AS "createdAt", u.updated_at AS "updatedAt",
  u.profile, u.application_id AS "applicationId", u.is_suspended AS "isSuspended",
  u.password_digest IS NOT NULL AS "hasPassword", ${ssoIdentities} AS "ssoIdentities", u.version`;

export function selectUser(tenantId: string, id: string): Statement {
  return [`SELECT ${userRow} FROM users u WHERE u.tenant_id = $1 AND u.id = $2`, [tenantId, id]];
}

export function insertUser(tenantId: string, id: string, columns: Columns): Statement {
  const { names, values, parameters } = numbered(columns, [tenantId, id]);
  return [
    `WITH u AS (
       INSERT INTO users (${['tenant_id', 'id', ...names].join(', ')})
       VALUES (${['$1', '$2', ...values].join(', ')}) RETURNING *)
     SELECT ${userRow} FROM u`,
    parameters,
  ];
}

/**
 * The one statement of a PATCH. It locks the row, decides about suspension, version and whether the
 * patch changes anything on what it locked, writes only then, and answers the row as it now is: the
 * new one with `changed`, or the old one, which tells why nothing was written. No row: no user.
 */
export function updateUser(
  tenantId: string,
  id: string,
  columns: Columns,
  { versions, refuseSuspended }: WriteConditions,
): Statement {
  const fixed = [tenantId, id, versions ?? null, refuseSuspended];
  const { names, values, parameters } = numbered(columns, fixed);
  const old = names.map((name) => `old.${name}`);
  const assignments = names.map((name, index) => `${name} = ${values[index]}`);
  return [
    `WITH old AS (
       SELECT * FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE),
     new AS (
       UPDATE users SET ${assignments.join(', ')}, version = users.version + 1,
         updated_at = greatest(clock_timestamp(), users.updated_at)
       FROM old
       WHERE users.tenant_id = old.tenant_id AND users.id = old.id
         AND ($3::text[] IS NULL OR old.version::text = ANY ($3::text[]))
         AND NOT (old.is_suspended AND $4::boolean)
         AND (${old.join(', ')}) IS DISTINCT FROM (${values.join(', ')})
       RETURNING users.*)
     SELECT ${userRow}, u.changed FROM (
       SELECT *, true AS changed FROM new
       UNION ALL
       SELECT *, false FROM old WHERE NOT EXISTS (SELECT FROM new)) u`,
    parameters,
  ];
}

/** Answers the version that was there, and whether it is now gone. No row: no user. */
export function deleteUser(
  tenantId: string,
  id: string,
  versions: string[] | undefined,
): Statement {
  return [
    `WITH old AS (
       SELECT * FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE),
     gone AS (
       DELETE FROM users USING old
       WHERE users.tenant_id = old.tenant_id AND users.id = old.id
         AND ($3::text[] IS NULL OR old.version::text = ANY ($3::text[]))
       RETURNING users.id)
     SELECT old.version, EXISTS (SELECT FROM gone) AS deleted FROM old`,
    [tenantId, id, versions ?? null],
  ];
}

const JSON_COLUMNS = new Set(['custom_data', 'profile']);

/** Numbers the columns' values behind the parameters that are there already. */
function numbered(columns: Columns, fixed: unknown[]) {
  const entries = Object.entries(columns);
  return {
    names: entries.map(([name]) => name),
    // The cast is needed: a parameter that stands twice must have one type.
    values: entries.map(
      ([name], index) =>
        `$${fixed.length + index + 1}::${JSON_COLUMNS.has(name) ? 'jsonb' : 'varchar'}`,
    ),
    parameters: [
      ...fixed,
      ...entries.map(([name, value]) => (JSON_COLUMNS.has(name) ? JSON.stringify(value) : value)),
    ],
  };
}
