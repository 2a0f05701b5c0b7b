import { hasPlace, mayBe } from '../config/tenant-template.js';
import { isStorable } from '../text/is-storable.js';
import type { Principal, TokenKind } from './principal.js';

/** What the settings say of tokens. */
export interface TokenRules {
  issuer: string;
  /** A token of a kind that has none is not accepted. */
  audiences: Partial<Record<TokenKind, string>>;
  /** The clients whose tokens without any `aud` are of a kind; no client is in both. */
  clients: Partial<Record<TokenKind, readonly string[]>>;
  /** Cut off from scopes that begin with it. */
  scopePrefix: string;
  /** The scopes of a user token that has no claim of scopes at all. */
  userDefaultScopes: readonly string[];
}

/** Seconds by which the clocks of issuer and service may differ, for `nbf` and `iat`. */
const LEEWAY = 5;

/** `client_id` (RFC 9068), `azp` (OpenID Connect), `cid` (Okta), `appid` (Entra ID, version 1). */
const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid'];

/** `scope` (RFC 8693), `scp` (Entra ID, Okta) and `permissions` (Auth0). */
const SCOPE_CLAIMS = ['scope', 'scp', 'permissions'];

type Claims = Record<string, unknown>;

/** A claim is missing, ill-typed, of another issuer or audience, or says that the token is not valid now. */
export class ClaimsError extends Error {
  override name = 'ClaimsError';
}

/**
 * The claims of a token whose signature was verified → the principal.
 *
 * @throws ClaimsError that names the claim, for the log
 */
export function toPrincipal(
  kind: TokenKind,
  claims: Claims,
  rules: TokenRules,
  now = Date.now() / 1000,
): Principal {
  const { iss, sub, exp, nbf, iat, token_use: use } = claims;
  if (iss !== rules.issuer) throw new ClaimsError('iss');
  if (!isStorable(sub) || sub === '') throw new ClaimsError('sub');
  if (typeof exp !== 'number' || exp <= now) throw new ClaimsError('exp');
  if (!isReached(nbf, now)) throw new ClaimsError('nbf');
  if (!isReached(iat, now)) throw new ClaimsError('iat');
  // Cognito says by it what is an access token and what an ID token.
  if (use !== undefined && use !== 'access') throw new ClaimsError('token_use');
  const clientId = CLIENT_CLAIMS.map((name) => claims[name]).find(isStorable);
  if (!isMeantFor(kind, claims, clientId, rules)) throw new ClaimsError('aud');
  return { kind, subject: sub, clientId, scopes: toScopes(kind, claims, rules), expiresAt: exp };
}

function isReached(time: unknown, now: number): boolean {
  return time === undefined || (typeof time === 'number' && time <= now + LEEWAY);
}

/** By the audience; the client tells only where there is none at all. */
function isMeantFor(
  kind: TokenKind,
  { aud }: Claims,
  clientId: string | undefined,
  { audiences, clients }: TokenRules,
): boolean {
  if (aud === undefined)
    return clientId !== undefined && clients[kind]?.includes(clientId) === true;
  const all: unknown[] = [aud].flat();
  const { [kind]: own, ...others } = audiences;
  if (own === undefined || !all.includes(own)) return false;
  return !Object.values<string>(others).some((other) => all.some((text) => mayName(other, text)));
}

/** Operators know those of tenants as templates. */
const mayName = (audience: string, text: unknown) =>
  text === audience || (hasPlace(audience) && mayBe(audience, String(text)));

/** Of management tokens, the roles of an application count, too (Entra ID, app-only). */
function toScopes(
  kind: TokenKind,
  claims: Claims,
  { scopePrefix, userDefaultScopes }: TokenRules,
): ReadonlySet<string> {
  if (kind === 'user' && SCOPE_CLAIMS.every((name) => claims[name] === undefined))
    return new Set(userDefaultScopes);
  const names = kind === 'management' ? [...SCOPE_CLAIMS, 'roles'] : SCOPE_CLAIMS;
  const scopes = names
    .flatMap((name) => claims[name])
    .flatMap((value) => (typeof value === 'string' ? value.split(' ').filter(Boolean) : []));
  return new Set(scopes.map((scope) => withoutPrefix(scope, scopePrefix)));
}

const withoutPrefix = (scope: string, prefix: string) =>
  scope.startsWith(prefix) ? scope.slice(prefix.length) : scope;
