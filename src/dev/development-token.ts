import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import type { TokenKind } from '../auth/principal.js';
import type { Env } from '../config/env.js';
import { ofTenantTemplate } from '../config/tenant-template.js';
import { DATA_FOLDER } from './development-issuer.js';
import { developmentKey } from './signing-key.js';

export const DEMO_USER_ID = 'demo';

const DEFAULTS = {
  user: {
    sub: DEMO_USER_ID,
    client_id: 'development-app',
    scope: 'openid profile email phone address identities custom_data',
  },
  management: { sub: 'development-client', client_id: 'development-client', scope: 'all' },
  operator: { sub: 'operator', client_id: 'operator', scope: 'tenants:manage' },
};

export interface TokenOptions {
  /** Of whom, where there are tenants; operators are of none. */
  tenant?: string | undefined;
  sub?: string | undefined;
  /** Space-separated. */
  scope?: string | undefined;
  /** Seconds; a day if left out. */
  expiresIn?: number | undefined;
}

/** An access token of the development issuer, which the settings name. */
export async function developmentToken(
  env: Env,
  kind: TokenKind,
  { tenant = '', sub, scope, expiresIn = 86_400 }: TokenOptions = {},
): Promise<string> {
  const key = await developmentKey(DATA_FOLDER);
  const now = Math.floor(Date.now() / 1000);
  const { client_id, ...defaults } = DEFAULTS[kind];
  const issuer = kind === 'operator' ? env.OPERATOR_ISSUER : env.AUTH_ISSUER;
  const audience = {
    user: env.AUTH_USER_AUDIENCE,
    management: env.AUTH_MANAGEMENT_AUDIENCE,
    operator: env.OPERATOR_AUDIENCE,
  }[kind];
  return new SignJWT({ scope: scope ?? defaults.scope, client_id, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid ?? '', typ: 'at+jwt' })
    .setIssuer(ofTenantTemplate(issuer ?? '', tenant))
    .setAudience(ofTenantTemplate(audience ?? '', tenant))
    .setSubject(sub ?? defaults.sub)
    .setIssuedAt(now)
    .setExpirationTime(now + expiresIn)
    .sign(await importJWK(key));
}
