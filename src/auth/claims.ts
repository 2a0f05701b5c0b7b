import type { Principal, TokenKind } from './principal.js';

export interface Audiences {
  user: string;
  management: string;
}

/** Seconds by which the clocks of issuer and service may differ, for `nbf` and `iat`. */
const LEEWAY = 5;

/**
 * The claims of a token whose signature, issuer and audience were verified → the principal, or
 * undefined when a claim is missing, ill-typed or says that the token is not valid now.
 */
export function toPrincipal(
  kind: TokenKind,
  claims: Record<string, unknown>,
  audiences: Audiences,
  now = Date.now() / 1000,
): Principal | undefined {
  const { sub, exp, nbf, iat, aud } = claims;
  if (!isText(sub) || sub === '') return undefined;
  if (typeof exp !== 'number' || exp <= now) return undefined;
  if (!isReached(nbf, now) || !isReached(iat, now)) return undefined;
  const other = kind === 'user' ? audiences.management : audiences.user;
  if ([aud].flat().includes(other)) return undefined;
  const client = claims['client_id'] ?? claims['azp'];
  return {
    kind,
    subject: sub,
    clientId: isText(client) ? client : undefined,
    scopes: toScopes(claims),
    expiresAt: exp,
  };
}

/** What PostgreSQL can keep, too. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\0');

function isReached(time: unknown, now: number): boolean {
  return time === undefined || (typeof time === 'number' && time <= now + LEEWAY);
}

/** `scope` (RFC 8693), `scp` (Entra ID) and `permissions` (Auth0), whichever the token has. */
function toScopes(claims: Record<string, unknown>): ReadonlySet<string> {
  const values = [claims['scope'], claims['scp'], claims['permissions']].flat();
  return new Set(
    values.flatMap((value) => (typeof value === 'string' ? value.split(' ').filter(Boolean) : [])),
  );
}
