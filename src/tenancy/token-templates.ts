import type { Env } from '../config/env.js';
import type { TokenTemplates } from './tenant.statements.js';

/** What the settings of the service say of tokens. */
export function tokenTemplates(env: Env): TokenTemplates {
  const { OPERATOR_ISSUER: issuer, OPERATOR_AUDIENCE: audience } = env;
  return {
    issuer: env.AUTH_ISSUER ?? '',
    audiences: [env.AUTH_USER_AUDIENCE, env.AUTH_MANAGEMENT_AUDIENCE],
    hasClients: env.AUTH_USER_CLIENTS.length + env.AUTH_MANAGEMENT_CLIENTS.length > 0,
    operator: issuer && audience ? { issuer, audience } : undefined,
  };
}
