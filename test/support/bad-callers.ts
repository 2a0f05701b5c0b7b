import { createHmac, createPublicKey, createSign, KeyObject, randomBytes } from 'node:crypto';
import { type Claims, createKey, type SigningKey, type TestIssuer } from './test-issuer.js';

/** A good token's claims, for whatever is to be made of them. */
export interface Good {
  issuer: TestIssuer;
  claims: Claims;
  /** Those of good tokens of the other kinds of the same service. */
  others: Claims[];
}

/** The value of an Authorization header that no closed route may take; undefined: none. */
export type BadCaller = (good: Good) => Promise<string | undefined>;

const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;

const sign = ({ issuer, claims }: Good, more: object = {}, header = {}, key = issuer.keys[0]) =>
  issuer.sign({ ...claims, ...more }, header, key);

const withClaims =
  (more: () => object): BadCaller =>
  async (good) =>
    `Bearer ${await sign(good, more())}`;

const withHeader =
  (header: (good: Good) => Record<string, unknown>): BadCaller =>
  async (good) =>
    `Bearer ${await sign(good, {}, header(good))}`;

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The claims of a good token under another header, signed anyhow. */
const resigned =
  (header: object, signature: (text: string, good: Good) => string | Buffer): BadCaller =>
  async (good) => {
    const payload = (await sign(good)).split('.')[1] ?? '';
    const text = `${base64url({ kid: good.issuer.keys[0]?.kid, ...header })}.${payload}`;
    return `Bearer ${text}.${Buffer.from(signature(text, good)).toString('base64url')}`;
  };

/** What anybody can read of the issuer, in each form in which a library has taken it for a secret. */
const SECRETS: Record<string, (good: Good) => string | Buffer> = {
  'the PEM of the public key': ({ issuer }) =>
    createPublicKey({ key: issuer.keys[0]?.publicJwk as never, format: 'jwk' }).export({
      ...{ type: 'spki', format: 'pem' },
    }),
  'the DER of the public key': ({ issuer }) =>
    createPublicKey({ key: issuer.keys[0]?.publicJwk as never, format: 'jwk' }).export({
      ...{ type: 'spki', format: 'der' },
    }),
  'the public JWK': ({ issuer }) => JSON.stringify(issuer.keys[0]?.publicJwk),
  'an empty secret': () => '',
};

const publicSecrets = Object.fromEntries(
  Object.entries(SECRETS).flatMap(([what, secret]) =>
    ['HS256', 'HS384', 'HS512'].map((alg): [string, BadCaller] => [
      `a token signed as ${alg} with ${what}`,
      resigned({ alg }, (text, good) =>
        createHmac(alg.replace('HS', 'sha'), secret(good)).update(text).digest(),
      ),
    ]),
  ),
);

const unsigned = Object.fromEntries(
  ['none', 'None', 'NONE', 'nOnE', '', 'HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'].map(
    (alg): [string, BadCaller] => [
      `a token of «${alg}» without a signature`,
      resigned({ alg }, () => ''),
    ],
  ),
);

/** A signature of the issuer's own key, said to be of another algorithm. */
const confused = Object.fromEntries(
  ['ES384', 'ES512', 'ES256K', 'RS256', 'PS256', 'EdDSA', 'Ed448', 'es256'].map(
    (alg): [string, BadCaller] => [
      `a token of its key that is said to be ${alg}`,
      resigned({ alg }, (text, { issuer }) =>
        createSign('sha256')
          .update(text)
          .sign({ key: keyObject(issuer), dsaEncoding: 'ieee-p1363' }),
      ),
    ],
  ),
);

const keyObject = (issuer: TestIssuer) => KeyObject.from((issuer.keys[0] as SigningKey).privateKey);

/** ES256 with r = s = 0, which broken curves have taken (CVE-2022-21449), and other non-signatures. */
const nonSignatures = Object.fromEntries(
  (
    [
      ['of zeros', Buffer.alloc(64)],
      ['of ones', Buffer.alloc(64, 255)],
      ['in DER', Buffer.from('3006020101020101', 'hex')],
      ['of 63 bytes', randomBytes(63)],
      ['of 64 kB', randomBytes(8_000)],
    ] as const
  ).map(([what, signature]): [string, BadCaller] => [
    `a token with a signature ${what}`,
    resigned({ alg: 'ES256' }, () => signature),
  ]),
);

const tampered: BadCaller = async (good) => {
  const [header, payload = '', signature] = (await sign(good)).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return `Bearer ${header}.${base64url({ ...claims, scope: 'all profile x' })}.${signature}`;
};

/** Every way of being the wrong caller, by what it sends. */
export const BAD_CALLERS: Record<string, BadCaller> = {
  'no Authorization header': async () => undefined,
  'an empty Authorization header': async () => '',
  'Basic credentials': async () => 'Basic dTpw',
  'Bearer without a token': async () => 'Bearer ',
  'a token that is no JWT': async () => 'Bearer abc',
  'two tokens': async (good) => `Bearer ${await sign(good)} ${await sign(good)}`,
  'a token with a fourth part': async (good) => `Bearer ${await sign(good)}.x`,
  'a token of another kind': async (good) =>
    `Bearer ${await sign({ ...good, claims: good.others[0] ?? {} })}`,
  'a token of a third kind': async (good) =>
    `Bearer ${await sign({ ...good, claims: good.others[1] ?? {} })}`,
  'a token for all audiences': async (good) => {
    const aud = [good.claims, ...good.others].map((claims) => claims.aud);
    return `Bearer ${await sign(good, { aud })}`;
  },
  'a token for another audience': withClaims(() => ({ aud: 'urn:other' })),
  'a token without audience': withClaims(() => ({ aud: undefined })),
  'a token of no audience': withClaims(() => ({ aud: [] })),
  'a token whose audience is an object': withClaims(() => ({ aud: { 0: 'urn:test:profile' } })),
  'a token of another issuer': withClaims(() => ({ iss: 'https://evil.example' })),
  'a token of the issuer with a slash': async (good) =>
    `Bearer ${await sign(good, { iss: `${good.issuer.url}/` })}`,
  'a token of several issuers': async (good) =>
    `Bearer ${await sign(good, { iss: [good.issuer.url] })}`,
  'a token without issuer': withClaims(() => ({ iss: undefined })),
  'an expired token': withClaims(() => ({ exp: seconds(-1) })),
  'a token without expiry': withClaims(() => ({ exp: undefined })),
  'a token whose expiry is text': withClaims(() => ({ exp: String(seconds(600)) })),
  'a token whose expiry is null': withClaims(() => ({ exp: null })),
  'a token whose expiry is long ago, with a fraction': withClaims(() => ({ exp: 0.5 })),
  'a token that is not valid yet': withClaims(() => ({ nbf: seconds(30) })),
  'a token whose nbf is text': withClaims(() => ({ nbf: 'now' })),
  'a token issued in the future': withClaims(() => ({ iat: seconds(30) })),
  'a token without subject': withClaims(() => ({ sub: undefined })),
  'a token of an empty subject': withClaims(() => ({ sub: '' })),
  'a token whose subject is a number': withClaims(() => ({ sub: 5 })),
  'a token whose subject is an array': withClaims(() => ({ sub: ['u1'] })),
  'a token whose subject no database can keep': withClaims(() => ({ sub: 'a\0b' })),
  'a token signed by a key of its own': async (good) =>
    `Bearer ${await sign(good, {}, {}, await createKey('first'))}`,
  'a token of an unknown key': async (good) =>
    `Bearer ${await sign(good, {}, {}, await createKey('unknown'))}`,
  'a token whose kid is another one': withHeader(() => ({ kid: '../../dev/null' })),
  'a token that brings its key (jwk)': async (good) => {
    const key = await createKey('own');
    return `Bearer ${await sign(good, {}, { jwk: key.publicJwk }, key)}`;
  },
  'a token that brings its key under a known kid': async (good) => {
    const key = await createKey('first');
    return `Bearer ${await sign(good, {}, { jwk: key.publicJwk }, key)}`;
  },
  'a token with jku': withHeader(({ issuer }) => ({ jku: `${issuer.url}/jwks` })),
  'a token with x5u': withHeader(({ issuer }) => ({ x5u: `${issuer.url}/x5u` })),
  'a token with x5c of its own key': async (good) =>
    `Bearer ${await sign(good, {}, { x5c: ['AAAA'] }, await createKey('first'))}`,
  'a token with an unknown crit': withHeader(() => ({ crit: ['foo'], foo: true })),
  'a token of another type': withHeader(() => ({ typ: 'logout+jwt' })),
  'a token with a changed payload': tampered,
  ...unsigned,
  ...publicSecrets,
  ...confused,
  ...nonSignatures,
};
