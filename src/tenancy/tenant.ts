import type { SelfServiceLevel } from '../config/self-service-fields.js';
import type { TenantId } from '../database/tenant.js';

/** What every request is about, and every part of the service that touches data is told first. */
export interface Tenant {
  readonly id: TenantId;
  /** What its tokens are verified by. */
  readonly tokens: {
    readonly issuer: string;
    /** Undefined: found by OpenID Connect Discovery. */
    readonly jwksUri: string | undefined;
    /** That of management tokens, where it is another one. */
    readonly managementIssuer?: { issuer: string; jwksUri: string | undefined };
    /** That of operators is there to be refused. */
    readonly audiences: { user: string; management: string; operator?: string };
    readonly clients: { user: readonly string[]; management: readonly string[] };
    readonly scopePrefix: string;
    readonly userDefaultScopes: readonly string[];
  };
  readonly selfService: {
    readonly fields: ReadonlyMap<string, SelfServiceLevel>;
    readonly clients: readonly string[];
    readonly provisioning: boolean;
    readonly assumeVerified: readonly string[];
    readonly reservedUsernames: readonly string[];
  };
  /** Days. */
  readonly retention: { readonly eventsDays: number; readonly deliveriesDays: number };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of every route that is neither public nor of operators. */
    tenant: Tenant;
  }
}
