import { ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';

/** What the key of an identity is: its table, and the columns that tell a user's own ones apart. */
export interface IdentityKey {
  tenantId: TenantId;
  userId: string;
  /** The `target` of a social identity, the `ssoConnectorId` of an enterprise one. */
  key: string;
}

export interface SocialIdentity {
  identityId: string;
  details: Record<string, unknown>;
}

export interface EnterpriseIdentity {
  id: string;
  issuer: string;
  identityId: string;
  detail: Record<string, unknown>;
}

/** Answers a row when it wrote one: `xmax` would tell a new one, but only on PostgreSQL itself. */
export function putSocial(
  { tenantId, userId, key }: IdentityKey,
  { identityId, details }: SocialIdentity,
): Statement {
  return ofTenant(
    tenantId,
    `INSERT INTO user_identities AS i (tenant_id, user_id, target, identity_id, details)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, user_id, target)
     DO UPDATE SET identity_id = excluded.identity_id, details = excluded.details
     WHERE (i.identity_id, i.details) IS DISTINCT FROM (excluded.identity_id, excluded.details)
     RETURNING target`,
    [userId, key, identityId, JSON.stringify(details)],
  );
}

export function putEnterprise(
  { tenantId, userId, key }: IdentityKey,
  { id, issuer, identityId, detail }: EnterpriseIdentity,
): Statement {
  return ofTenant(
    tenantId,
    `INSERT INTO user_sso_identities AS i
       (tenant_id, user_id, sso_connector_id, id, issuer, identity_id, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant_id, user_id, sso_connector_id)
     DO UPDATE SET issuer = excluded.issuer, identity_id = excluded.identity_id,
       detail = excluded.detail
     WHERE (i.issuer, i.identity_id, i.detail)
       IS DISTINCT FROM (excluded.issuer, excluded.identity_id, excluded.detail)
     RETURNING id`,
    [userId, key, id, issuer, identityId, JSON.stringify(detail)],
  );
}

export function deleteSocial({ tenantId, userId, key }: IdentityKey): Statement {
  return ofTenant(
    tenantId,
    `DELETE FROM user_identities WHERE tenant_id = $1 AND user_id = $2 AND target = $3
     RETURNING target`,
    [userId, key],
  );
}

export function deleteEnterprise({ tenantId, userId, key }: IdentityKey): Statement {
  return ofTenant(
    tenantId,
    `DELETE FROM user_sso_identities
     WHERE tenant_id = $1 AND user_id = $2 AND sso_connector_id = $3 RETURNING id`,
    [userId, key],
  );
}
