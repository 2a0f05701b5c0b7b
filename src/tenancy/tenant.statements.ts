import { acrossTenants, type Statement } from '../database/statement.js';

const tenantRow = `
  t.id, t.issuer, t.jwks_uri AS "jwksUri", t.user_audience AS "userAudience",
  t.management_audience AS "managementAudience", t.settings, t.is_suspended AS "isSuspended"`;

/** Those of these tenants that there are. */
export function selectTenants(ids: string[]): Statement {
  return acrossTenants(`SELECT t.id AS key, ${tenantRow} FROM tenants t WHERE t.id = ANY ($1)`, [
    ids,
  ]);
}

/** The tenants that have these hosts beside those of TENANT_HOSTS. */
export function selectTenantsOfHosts(hosts: string[]): Statement {
  return acrossTenants(
    `SELECT h.host AS key, ${tenantRow}
     FROM tenant_hosts h JOIN tenants t ON t.id = h.tenant_id WHERE h.host = ANY ($1)`,
    [hosts],
  );
}

/** What tokens are told apart by where a tenant has nothing of its own, and those of operators. */
export interface TokenTemplates {
  issuer: string;
  audiences: string[];
  /** Whether tokens without any `aud` are accepted, by their client. */
  hasClients: boolean;
  operator: { issuer: string; audience: string } | undefined;
}

/** Two that would accept the same tokens. */
export interface SameTokens {
  issuer: string;
  /** '' is that of the operators; the same twice when it is of one tenant's two audiences. */
  one: string;
  other: string;
}

/** Any two tenants, or a tenant and the operators, that would accept the same tokens. */
export function selectSameTokens(templates: TokenTemplates): Statement {
  const { issuer, audiences, hasClients, operator } = templates;
  return acrossTenants(
    `SELECT issuer, min(id) AS one, max(id) AS other FROM (
       SELECT id, coalesce(issuer, replace($1, '{tenant}', id)) AS issuer,
         unnest(ARRAY[
           coalesce(user_audience, replace($2, '{tenant}', id)),
           coalesce(management_audience, replace($3, '{tenant}', id)),
           CASE WHEN $4 THEN '' END]) AS audience
       FROM tenants
       UNION ALL SELECT '', $5, $6) tokens
     WHERE audience IS NOT NULL
     GROUP BY issuer, audience HAVING count(*) > 1 ORDER BY one, other LIMIT 1`,
    [issuer, ...audiences, hasClients, operator?.issuer ?? '', operator?.audience ?? null],
  );
}
