import { anyOf, ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import type { StoredPassword } from '../../hashing/stored-password.js';

/**
 * SQL of all rows of `user_identities` and `user_sso_identities` that are looked at, named o, as JSON. Not by `jsonb_object_agg`
 * and `jsonb_agg`, which take time by the square of what one value has in it: 60 ms for 6,400 keys (PostgreSQL 18).
 */
export const SOCIAL = `json_object_agg(o.target,
  json_build_object('userId', o.identity_id, 'details', o.details))::jsonb`;
export const ENTERPRISE = `to_jsonb(array_agg(jsonb_build_object(
  'tenantId', o.tenant_id, 'id', o.id, 'userId', o.user_id, 'issuer', o.issuer,
  'identityId', o.identity_id, 'detail', o.detail,
  'createdAt', (extract(epoch FROM o.created_at) * 1000)::bigint,
  'ssoConnectorId', o.sso_connector_id) ORDER BY o.created_at, o.id))`;

/** SQL of a user's social identities, of a row of `users` named u, in a statement of its tenant. */
export const identities = `
  (SELECT coalesce(${SOCIAL}, '{}')
   FROM user_identities o WHERE o.tenant_id = $1 AND o.user_id = u.id)`;

export const ssoIdentities = `
  (SELECT coalesce(${ENTERPRISE}, '[]')
   FROM user_sso_identities o WHERE o.tenant_id = $1 AND o.user_id = u.id)`;

/** The columns of a `UserRow`, of a row of `users` named u, with what belongs to it. */
const rowWith = (social: string, enterprise: string) => `
  u.id, u.username, u.primary_email AS "primaryEmail", u.primary_phone AS "primaryPhone",
  u.name, u.avatar, u.custom_data AS "customData", ${social} AS identities,
  u.last_sign_in_at AS "lastSignInAt", u.created_at AS "createdAt", u.updated_at AS "updatedAt",
  u.profile, u.application_id AS "applicationId", u.is_suspended AS "isSuspended",
  u.password_digest IS NOT NULL AS "hasPassword", ${enterprise} AS "ssoIdentities", u.version`;

/** Of a row and what belongs to it as one snapshot has them. */
export const userRow = rowWith(identities, ssoIdentities);

/** Of a row that this statement has made: nothing belongs to it yet, whatever did to one before. */
export const newUserRow = rowWith(`'{}'::jsonb`, `'[]'::jsonb`);

/** Those of these users that are there, in any order. */
export function selectUsersById(tenantId: TenantId, ids: string[]): Statement {
  return ofTenant(
    tenantId,
    `SELECT ${userRow} FROM users u WHERE u.tenant_id = $1 AND u.id = ${anyOf('SELECT unnest($2::varchar[])')}`,
    [ids],
  );
}

/** Holds the row of the user who has an address that nobody has proven to be theirs. */
export function lockAssumed(
  tenantId: TenantId,
  column: 'primary_email' | 'primary_phone',
  key: unknown,
): Statement {
  const unique = column === 'primary_email' ? 'primary_email_key' : column;
  return ofTenant(
    tenantId,
    `SELECT id FROM users WHERE tenant_id = $1 AND ${unique} = $2 AND ${column}_assumed FOR UPDATE`,
    [key],
  );
}

/** Holds the row until the end of the transaction. No row: no user. */
export function lockUser(tenantId: TenantId, id: string): Statement {
  return ofTenant(
    tenantId,
    `SELECT version FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [id],
  );
}

/** The stored password, of which no other statement answers more than that it is there. */
export function selectPassword(tenantId: TenantId, id: string): Statement {
  return ofTenant(
    tenantId,
    `SELECT password_digest AS digest, password_algorithm AS algorithm
     FROM users WHERE tenant_id = $1 AND id = $2`,
    [id],
  );
}

/** Stores the same password in another form: nothing that can be seen of the user changes. */
export function replaceDigest(
  tenantId: TenantId,
  id: string,
  from: StoredPassword,
  to: StoredPassword,
): Statement {
  return ofTenant(
    tenantId,
    `UPDATE users SET password_digest = $4, password_algorithm = $5
     WHERE tenant_id = $1 AND id = $2 AND password_digest = $3`,
    [id, from.digest, to.digest, to.algorithm],
  );
}
