import { decodeProtectedHeader, type JWSHeaderParameters } from 'jose';
import { isPlainObject } from '../http/strict-json.js';
import { parseJson } from '../json/parse-json.js';
import type { IssuerKeys } from './issuer-keys.js';
import { ALGORITHMS } from './signing-keys.js';

/** Header parameters by which a token brings its own key, or asks for what we do not know. */
const REFUSED = ['jwk', 'jku', 'x5u', 'crit'];

/** The types of access tokens: none, that of any JWT, and that of RFC 9068. Not of an ID token. */
const TYPES = /^(application\/)?(at\+)?jwt$/i;

/**
 * The claims of a token that the issuer signed. What they say is not judged here.
 *
 * @throws Error why the token is not accepted; AppError service.unavailable
 */
export async function verifyToken(
  token: string,
  keys: IssuerKeys,
): Promise<Record<string, unknown>> {
  const payload = await keys.verify(token, checkedHeader(token));
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
