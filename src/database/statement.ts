import type { TenantId } from './tenant.js';

declare const made: unique symbol;

/** SQL and its parameters. Made by `ofTenant`: one without a tenant cannot be written by accident. */
export type Statement = [sql: string, parameters: unknown[]] & {
  readonly [made]: true;
  /** Whose turn it is to have a connection. */
  readonly tenantId?: TenantId;
};

/** A statement about one tenant, which is its parameter `$1`. */
export const ofTenant = (tenantId: TenantId, sql: string, parameters: unknown[] = []) =>
  Object.assign([sql, [tenantId, ...parameters]], { tenantId }) as unknown as Statement;

/** A statement about no tenant, or all: the background asks with it who has work, and operators who there is. */
export const acrossTenants = (sql: string, parameters: unknown[] = []) =>
  [sql, parameters] as unknown as Statement;

/**
 * SQL of «any of these», of which the planner expects the same few whatever they are: with a bare
 * parameter it would plan a prepared statement anew for each number of them.
 */
export const anyOf = (selection: string) => `ANY (ARRAY(${selection}))`;
