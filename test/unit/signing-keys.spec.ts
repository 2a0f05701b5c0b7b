import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { JWK, JWSHeaderParameters } from 'jose';
import { ALGORITHMS, candidates, signingKeys } from '../../src/auth/signing-keys.js';

const jwk = ({ publicKey }: { publicKey: KeyObject }): JWK => publicKey.export({ format: 'jwk' });
const rsa = (modulusLength: number) => jwk(generateKeyPairSync('rsa', { modulusLength }));
const ec = (namedCurve: string) => jwk(generateKeyPairSync('ec', { namedCurve }));

const KEYS = {
  rsa: rsa(2048),
  p256: ec('P-256'),
  p384: ec('P-384'),
  p521: ec('P-521'),
  ed25519: jwk(generateKeyPairSync('ed25519')),
};
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const FITTING: [alg: string, key: keyof typeof KEYS][] = [
  ...RSA.map((alg): [string, 'rsa'] => [alg, 'rsa']),
  ['ES256', 'p256'],
  ['ES384', 'p384'],
  ['ES512', 'p521'],
  ['EdDSA', 'ed25519'],
  ['Ed25519', 'ed25519'],
];

const usable = (...keys: unknown[]) => signingKeys({ keys }).map((one) => one.jwk);
/** The `kid` of each key that is tried, of these for a token with this header. */
const tried = (keys: JWK[], header: JWSHeaderParameters) => {
  const signing = signingKeys({ keys });
  const chosen = candidates(signing, header);
  return chosen.map((key) => signing.find((one) => one.key === key)?.jwk.kid);
};

describe('a key', () => {
  it.each(FITTING)('for %s is the one of its kind: %s', (alg, kind) => {
    const all = Object.entries(KEYS).map(([kid, key]) => ({ ...key, kid }));
    expect(tried(all, { alg })).toStrictEqual([kind]);
  });

  it('is for no other algorithm', () => {
    expect(ALGORITHMS).toEqual(FITTING.map(([alg]) => alg));
    for (const alg of ['none', 'HS256', 'ES256K', 'RSA-OAEP', ''])
      expect(tried(Object.values(KEYS), { alg })).toStrictEqual([]);
    expect(tried(Object.values(KEYS), {})).toStrictEqual([]);
  });

  it.each<[string, object]>([
    ['is for signatures', { use: 'sig' }],
    ['verifies', { key_ops: ['verify'] }],
    ['does more than that', { key_ops: ['sign', 'verify'] }],
    ['says nothing', {}],
  ])('is used that %s', (_, change) => {
    const key = { ...KEYS.p256, ...change };
    expect(usable(key)).toEqual([key]);
  });

  it.each<[string, unknown]>([
    ['is for encryption', { ...KEYS.p256, use: 'enc' }],
    ['only signs', { ...KEYS.p256, key_ops: ['sign'] }],
    ['does what is no list', { ...KEYS.p256, key_ops: 'verify' }],
    ['is of another curve', ec('secp256k1')],
    ['is for an exchange', jwk(generateKeyPairSync('x25519'))],
    ['is secret', { kty: 'oct', k: 'AA' }],
    ['is too short', rsa(1024)],
    ['cannot be read', { ...KEYS.p256, x: '!' }],
    ['is null', null],
    ['is a number', 5],
  ])('is not used that %s, and hurts no other', (_, key) => {
    expect(usable(key, KEYS.p256)).toEqual([KEYS.p256]);
  });

  it.each([undefined, null, {}, 'x'])('is not in a set that is %j', (keys) => {
    expect(signingKeys({ keys })).toEqual([]);
  });
});

describe('the keys that a token is tried with', () => {
  const of = (kid: string | undefined, more: object = {}) =>
    ({ ...KEYS.p256, kid, ...more }) as JWK;
  const keys = [of('a'), of('b', { alg: 'ES256' }), of('c', { alg: 'ES384' }), of(undefined)];

  it('are those of its kid, or all where it has none', () => {
    expect(tried(keys, { alg: 'ES256', kid: 'a' })).toStrictEqual(['a']);
    expect(tried(keys, { alg: 'ES256', kid: 'b' })).toStrictEqual(['b']);
    expect(tried(keys, { alg: 'ES256', kid: 'c' })).toStrictEqual([]);
    expect(tried(keys, { alg: 'ES256' })).toStrictEqual(['a', 'b', undefined]);
  });

  it('are eight at most', () => {
    const nine = Array.from({ length: 9 }, (_, index) => of(String(index)));
    expect(tried(nine, { alg: 'ES256' })).toStrictEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });
});
