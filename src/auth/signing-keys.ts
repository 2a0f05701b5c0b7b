import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK, JWSHeaderParameters } from 'jose';
import { isPlainObject } from '../json/is-plain-object.js';

const MIN_RSA_BITS = 2048;

/** Keys that one token is tried with at most. */
const MAX_TRIED = 8;

/** What a key must be for a signature of each `alg` (RFC 7518, RFC 8037, RFC 9864): asymmetric ones only. */
const FITTING: Record<string, Pick<JWK, 'kty' | 'crv'>> = {
  ...Object.fromEntries(
    ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => [alg, { kty: 'RSA' }]),
  ),
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
};

/** The algorithms that tokens may be signed with. */
export const ALGORITHMS = Object.keys(FITTING);

/** A key of a JWKS (RFC 7517), and what says which signatures it is for. */
export interface SigningKey {
  jwk: JWK;
  key: KeyObject;
}

/** The keys of a JWKS that a signature can be verified with; one that is not to be read hurts no other. */
export function signingKeys({ keys }: Record<string, unknown>): SigningKey[] {
  return (Array.isArray(keys) ? (keys as unknown[]) : []).flatMap((jwk) => {
    const key = isPlainObject(jwk) ? readKey(jwk) : undefined;
    return key ? [{ jwk: jwk as JWK, key }] : [];
  });
}

function readKey(jwk: JWK): KeyObject | undefined {
  const isKnown = Object.values(FITTING).some((fitting) => fits(jwk, fitting));
  if (!isKnown || !isForSignatures(jwk)) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
    return bits >= MIN_RSA_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}

const fits = (jwk: JWK, { kty, crv }: Pick<JWK, 'kty' | 'crv'>) =>
  jwk.kty === kty && (crv === undefined || jwk.crv === crv);

/** `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3); both may be left out. */
const isForSignatures = ({ use, key_ops: operations }: JWK) =>
  (use === undefined || use === 'sig') &&
  (operations === undefined || (Array.isArray(operations) && operations.includes('verify')));

/**
 * The keys that may have signed a token with this header: those that fit its `alg`, and of them those
 * of its `kid` if it has one. Neither need a key have a `kid`, nor need it be the only one (RFC 7515,
 * section 4.1.4; RFC 7517, section 4.5).
 */
export function candidates(
  keys: SigningKey[],
  { alg = '', kid }: JWSHeaderParameters,
): KeyObject[] {
  const fitting = FITTING[alg];
  if (!fitting) return [];
  return keys
    .filter(({ jwk }) => fits(jwk, fitting) && (jwk.alg === undefined || jwk.alg === alg))
    .filter(({ jwk }) => kid === undefined || jwk.kid === kid)
    .slice(0, MAX_TRIED)
    .map(({ key }) => key);
}
