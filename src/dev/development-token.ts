import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import type { TokenKind } from '../auth/principal.js';
import type { Env } from '../config/env.js';
import { DATA_FOLDER, developmentIssuer } from './development-issuer.js';
import { developmentKey } from './signing-key.js';

export const DEMO_USER_ID = 'demo';

const DEFAULTS = {
  user: {
    sub: DEMO_USER_ID,
    client_id: 'development-app',
    scope: 'openid profile email phone address identities custom_data',
  },
  management: { sub: 'development-client', client_id: 'development-client', scope: 'all' },
};

export interface TokenOptions {
  sub?: string | undefined;
  /** Space-separated. */
  scope?: string | undefined;
  /** Seconds; a day if left out. */
  expiresIn?: number | undefined;
}

/** An access token of the development issuer. */
export async function developmentToken(
  env: Env,
  kind: TokenKind,
  { sub, scope, expiresIn = 86_400 }: TokenOptions = {},
): Promise<string> {
  const key = await developmentKey(DATA_FOLDER);
  const now = Math.floor(Date.now() / 1000);
  const { client_id, ...defaults } = DEFAULTS[kind];
  return new SignJWT({ scope: scope ?? defaults.scope, client_id, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid ?? '', typ: 'at+jwt' })
    .setIssuer(developmentIssuer(env))
    .setAudience(kind === 'user' ? env.AUTH_USER_AUDIENCE : env.AUTH_MANAGEMENT_AUDIENCE)
    .setSubject(sub ?? defaults.sub)
    .setIssuedAt(now)
    .setExpirationTime(now + expiresIn)
    .sign(await importJWK(key));
}
