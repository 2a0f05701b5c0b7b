import { base64url, decodeProtectedHeader, type JWSHeaderParameters } from 'jose';
import { isPlainObject } from '../json/is-plain-object.js';
import { parseJson } from '../json/parse-json.js';
import { toPrincipal } from './claims.js';
import type { IssuerKeys } from './issuer-keys.js';
import type { TokenKind } from './principal.js';
import type { Realm } from './realms.js';
import { ALGORITHMS } from './signing-keys.js';

/** Header parameters by which a token brings its own key, or asks for what we do not know. */
const REFUSED = ['jwk', 'jku', 'x5u', 'crit'];

/** The types of access tokens: none, that of any JWT, and that of RFC 9068. Not of an ID token. */
const TYPES = /^(application\/)?(at\+)?jwt$/i;

export type Claims = Record<string, unknown>;

/**
 * Answers the claims of tokens that the issuer of a realm signed. Requests of one realm that bring the
 * same token at the same time wait for one check of it. Who is given claims judges them for good.
 */
export function tokenVerifier(kind: TokenKind) {
  const running = new Map<string, Promise<Claims>>();
  return (token: string, { key, keys, rules }: Realm): Promise<Claims> => {
    const name = `${key} ${token}`;
    const known = running.get(name);
    if (known) return known;
    const judge = (claims: Claims) => void toPrincipal(kind, claims, rules);
    const claims = verifyToken(token, keys, judge).finally(() => running.delete(name));
    running.set(name, claims);
    return claims;
  };
}

/** @throws Error why the token is not accepted; AppError service.unavailable */
async function verifyToken(
  token: string,
  keys: IssuerKeys,
  judge: (claims: Claims) => void,
): Promise<Claims> {
  const header = checkedHeader(token);
  // Refused all the same, whoever signed it: not worth a check, which costs up to a millisecond. Without
  // a key the answer is another one (503), which nothing that a stranger claims may change.
  if (keys.mayKnow(header)) judge(parseClaims(base64url.decode(token.split('.')[1] ?? '')));
  return parseClaims(await keys.verify(token, header));
}

function parseClaims(payload: Uint8Array): Claims {
  const claims = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  if (!isPlainObject(claims)) throw new Error('the payload is no object');
  return claims;
}

function checkedHeader(token: string): JWSHeaderParameters {
  const header = decodeProtectedHeader(token);
  const { alg, typ, kid } = header as Record<string, unknown>;
  if (REFUSED.some((name) => name in header)) throw new Error('refused header');
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) throw new Error('refused alg');
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.test(typ)))
    throw new Error('not the type of access tokens');
  if (kid !== undefined && typeof kid !== 'string') throw new Error('the kid is no text');
  return header;
}
