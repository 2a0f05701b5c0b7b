import type { Env } from '../config/env.js';
import type { SelfServiceLevel } from '../config/self-service-fields.js';
import { ofTenantTemplate } from '../config/tenant-template.js';
import type { TenantId } from '../database/tenant.js';
import type { Tenant } from './tenant.js';
import type { TenantRow } from './tenant-row.js';

/** A row, and where that says nothing, the settings of the service. */
export function toTenant(row: TenantRow, env: Env): Tenant {
  return {
    id: row.id as TenantId,
    tokens: tokens(row, env),
    selfService: selfService(row, env),
    retention: {
      eventsDays: row.settings.eventsRetentionDays ?? env.EVENTS_RETENTION_DAYS,
      deliveriesDays: row.settings.deliveriesRetentionDays ?? env.DELIVERIES_RETENTION_DAYS,
    },
  };
}

function tokens(row: TenantRow, env: Env): Tenant['tokens'] {
  const template = (text: string) => ofTenantTemplate(text, row.id);
  // The keys of the template are those of its issuer, and of no other.
  const keys = row.issuer === null && env.AUTH_JWKS_URI ? template(env.AUTH_JWKS_URI) : undefined;
  return {
    issuer: row.issuer ?? template(env.AUTH_ISSUER ?? ''),
    jwksUri: row.jwksUri ?? keys,
    ...(env.AUTH_MANAGEMENT_ISSUER && {
      managementIssuer: {
        issuer: env.AUTH_MANAGEMENT_ISSUER,
        jwksUri: env.AUTH_MANAGEMENT_JWKS_URI,
      },
    }),
    audiences: {
      user: row.userAudience ?? template(env.AUTH_USER_AUDIENCE),
      management: row.managementAudience ?? template(env.AUTH_MANAGEMENT_AUDIENCE),
      ...(env.OPERATOR_AUDIENCE && { operator: env.OPERATOR_AUDIENCE }),
    },
    clients: { user: env.AUTH_USER_CLIENTS, management: env.AUTH_MANAGEMENT_CLIENTS },
    scopePrefix: env.AUTH_SCOPE_PREFIX,
    userDefaultScopes: env.AUTH_USER_DEFAULT_SCOPES,
  };
}

function selfService({ settings }: TenantRow, env: Env): Tenant['selfService'] {
  const own = Object.entries(settings.selfServiceFields ?? {});
  return {
    fields: new Map<string, SelfServiceLevel>([...env.SELF_SERVICE_FIELDS, ...own]),
    clients: settings.selfServiceClients ?? env.SELF_SERVICE_CLIENTS,
    provisioning: settings.selfServiceProvisioning ?? env.SELF_SERVICE_PROVISIONING === 'on',
    assumeVerified: settings.selfServiceAssumeVerified ?? env.SELF_SERVICE_ASSUME_VERIFIED,
    reservedUsernames: settings.reservedUsernames ?? env.RESERVED_USERNAMES,
  };
}

/** The one tenant that there is without TENANT_HOSTS. */
export const onlyTenant = (env: Env): Tenant =>
  toTenant(
    {
      id: 'default',
      ...{ issuer: null, jwksUri: null, userAudience: null, managementAudience: null },
      settings: {},
      isSuspended: false,
    },
    env,
  );
