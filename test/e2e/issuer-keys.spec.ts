import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { CompactSign, type JWK } from 'jose';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { COOLDOWN_MS, MAX_AGE_MS } from '../../src/auth/issuer-keys.js';
import { Realms } from '../../src/auth/realms.js';
import type { Tenant } from '../../src/tenancy/tenant.js';
import { Tenants } from '../../src/tenancy/tenants.js';
import { createKey, type SigningKey } from '../support/test-issuer.js';
import { TestGate } from '../support/test-gate.js';

let app: TestGate;
let clock = 0;

beforeEach(async () => {
  app = await TestGate.start();
});
afterEach(() => app.stop());
// Only the clock is turned; timers and sockets stay real.
beforeAll(() => {
  const now = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + clock);
});
beforeEach(() => {
  clock = 0;
});
afterAll(() => {
  jest.restoreAllMocks();
});

const { publicJwk: rsa } = await createKey('rsa', 'RS256');
const { publicJwk: ec } = await createKey('ec');

const get = (token: string) => app.get('/user', token);
const fetches = () => app.issuer.requests.filter((url) => url === '/jwks').length;
const signedBy = async (kid: string) =>
  app.issuer.sign(
    {
      sub: 'ada',
      aud: 'urn:test:profile',
      scope: 'profile',
      exp: Math.floor(Date.now() / 1000) + 3600,
    },
    {},
    await createKey(kid),
  );

const SPACES = Buffer.alloc(65_536, ' ');

const typed = (typ: unknown, status: number): [unknown, number] => [typ, status];

describe('the keys of the issuer', () => {
  it.each([
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ])('verify %s', async (alg) => {
    app.issuer.keys = [await createKey('only', alg)];
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(200);
  });

  it.each([
    [
      'an encryption key of the same kid before it',
      (own: JWK) => [{ ...rsa, kid: own.kid, use: 'enc', alg: 'RSA-OAEP' }, own],
    ],
    [
      'a key of the same kid that only encrypts',
      (own: JWK) => [{ ...own, key_ops: ['encrypt'], use: undefined }, own],
    ],
    [
      'a key of the same kid for another algorithm',
      (own: JWK) => [{ ...rsa, kid: own.kid, alg: 'RS512' }, own],
    ],
    ['another key of the same kid and algorithm', (own: JWK) => [{ ...ec, kid: own.kid }, own]],
    [
      'seven others of the same kid',
      (own: JWK) => [...Array(7).fill({ ...ec, kid: own.kid }), own],
    ],
    [
      'keys that nobody can read',
      (own: JWK) => [null, 5, {}, { kty: 'EC', kid: own.kid, crv: 'P-256', x: '!', y: '' }, own],
    ],
    ['no use and no alg', (own: JWK) => [{ ...own, use: undefined, alg: undefined }]],
    ['key_ops and no use', (own: JWK) => [{ ...own, use: undefined, key_ops: ['verify'] }]],
  ])('are chosen by all that they say: with %s', async (_, keys) => {
    for (const alg of ['RS256', 'ES256', 'EdDSA']) {
      const own = await createKey('k', alg);
      const before = app.issuer.keys;
      app.issuer.keys = [own];
      app.issuer.jwks = JSON.stringify({ keys: keys(own.publicJwk) });
      const fresh = await TestGate.start({}, app);
      const token = await app.issuer.userToken('ada');
      const answer = await fresh.get('/user', token);
      expect([alg, answer.status]).toEqual([alg, 200]);
      await fresh.stop();
      app.issuer.keys = before;
    }
  });

  it.each([
    ['is for encryption', (own: JWK) => ({ ...own, use: 'enc' })],
    ['only signs', (own: JWK) => ({ ...own, use: undefined, key_ops: ['sign'] })],
    ['is for another algorithm', (own: JWK) => ({ ...own, alg: 'ES384' })],
    ['has another kid', (own: JWK) => ({ ...own, kid: 'other' })],
    ['has no kid', (own: JWK) => ({ ...own, kid: undefined })],
  ])('are not taken when the only one %s', async (_, change) => {
    const own = app.issuer.keys[0] as SigningKey;
    app.issuer.jwks = JSON.stringify({ keys: [change(own.publicJwk), { ...rsa, kid: 'x' }] });
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(401);
  });

  it('are tried one by one for a token without kid, and fetched again if none fits', async () => {
    const own = app.issuer.keys[0] as SigningKey;
    const withoutKid = (key: SigningKey) =>
      app.issuer.sign(
        { sub: 'ada', aud: 'urn:test:profile', scope: 'profile' },
        { kid: undefined },
        key,
      );
    app.issuer.jwks = JSON.stringify({
      keys: [
        { ...ec, kid: undefined },
        { ...own.publicJwk, kid: undefined },
      ],
    });
    expect((await get(await withoutKid(own))).status).toBe(200);
    const next = await createKey('next');
    app.issuer.jwks = JSON.stringify({ keys: [next.publicJwk] });
    expect((await get(await withoutKid(next))).status).toBe(200);
    expect(fetches()).toBe(2);
    expect((await get(await withoutKid(await createKey('forged')))).status).toBe(401);
  });

  it.each<[unknown, number]>([
    ...[undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'].map((typ) =>
      typed(typ, 200),
    ),
    ...['id_token+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', '', 5].map((typ) =>
      typed(typ, 401),
    ),
  ])('verify a token of the type %s: %s', async (typ, status) => {
    const claims = { sub: 'ada', aud: 'urn:test:profile', scope: 'profile' };
    expect((await get(await app.issuer.sign(claims, { typ }))).status).toBe(status);
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['unknown', () => ({ AUTH_ISSUER: 'http://nowhere.invalid' }), 'AUTH_ISSUER: '],
    ['another one', () => ({ AUTH_ISSUER: `${app.issuer.url}/` }), 'names another issuer'],
    [
      'without keys',
      () => ({ AUTH_JWKS_URI: `${app.issuer.url}/.well-known/openid-configuration` }),
      'AUTH_JWKS_URI: the keys of the token issuer cannot be fetched. The key set has no usable key',
    ],
    [
      'no JSON',
      () => {
        app.issuer.jwks = '<html>';
        return { AUTH_JWKS_URI: `${app.issuer.url}/jwks?secret=1` };
      },
      '/jwks: it answered no JSON object',
    ],
    [
      'down',
      () => {
        app.issuer.isDown = true;
        return {};
      },
      'it answered 500',
    ],
  ])(
    'are told in the log, once, when the issuer is %s, and when they are back',
    async (_, settings, told) => {
      const wrong = await TestGate.start(settings(), app);
      const tenant = wrong.app.get(Tenants).only as Tenant;
      const { keys } = wrong.app.get(Realms).of({ tenant } as FastifyRequest, 'user');
      expect(await keys.known()).toBe(false);
      const log = () => wrong.log.join('');
      expect(log()).toContain(told);
      expect(log()).not.toContain('secret');
      clock = COOLDOWN_MS + 1_000;
      expect(await keys.known()).toBe(false);
      app.issuer.isDown = false;
      app.issuer.jwks = undefined;
      clock *= 2;
      const isBack = await keys.known();
      expect(log().includes('can be fetched again')).toBe(isBack);
      expect(log().match(/cannot be fetched/g)).toHaveLength(1);
      await wrong.stop();
    },
  );

  it('are found by discovery and fetched once for many tokens at once', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, jti) => app.issuer.userToken('ada', { jti })),
    );
    const answers = await Promise.all(tokens.map(get));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(app.issuer.requests).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    [
      'from where a redirect leads',
      (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      'it answered 302',
    ],
    [
      'in a document without end',
      (response) => {
        const write = () => {
          if (!response.destroyed) response.write(SPACES, write);
        };
        write();
      },
      'it answered more than 1048576 bytes',
    ],
  ])('are not taken %s', async (_, answerKeys, told) => {
    app.issuer.answerKeys = answerKeys;
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(503);
    expect(app.log.join('')).toContain(told);
    expect(app.issuer.requests).not.toContain('/elsewhere');
  });

  it('may come from AUTH_JWKS_URI without discovery', async () => {
    const other = await TestGate.start({ AUTH_JWKS_URI: `${app.issuer.url}/jwks` });
    const token = await app.issuer.userToken('ada', { iss: other.issuer.url });
    expect((await other.get('/user', token)).status).toBe(200);
    expect(other.issuer.requests).toEqual([]);
    await other.stop();
  });

  it('are not taken from a discovery document of another issuer', async () => {
    const other = await TestGate.start({ AUTH_ISSUER: `${app.issuer.url}/` });
    const token = await app.issuer.userToken('ada', { iss: `${app.issuer.url}/` });
    expect((await other.get('/user', token)).status).toBe(503);
    await other.stop();
  });

  it('may be rotated: a new key is found at once, the old one goes on until it is withdrawn', async () => {
    const old = await app.issuer.userToken('ada');
    expect((await get(old)).status).toBe(200);
    app.issuer.keys.unshift(await createKey('second'));
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(200);
    expect((await get(old)).status).toBe(200);
  });

  it('that were withdrawn stop counting once the keys are fetched again, cached token or not', async () => {
    const old = await app.issuer.userToken('ada');
    expect((await get(old)).status).toBe(200);
    app.issuer.keys = [await createKey('second')];
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(200);
    expect((await get(old)).status).toBe(401);
  });

  it('are fetched again in the background when they are old', async () => {
    const claims = { exp: Math.floor(Date.now() / 1000) + 7200 };
    const old = await app.issuer.userToken('ada', claims);
    expect((await get(old)).status).toBe(200);
    app.issuer.keys = [await createKey('second')];
    clock = MAX_AGE_MS + 1000;
    expect((await get(await app.issuer.userToken('ada', claims))).status).toBe(200);
    expect((await get(old)).status).toBe(401);
  });

  it('are not fetched again for every unknown kid, only once per cooldown', async () => {
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(200);
    for (const kid of ['a', 'b', 'c', 'd'])
      expect((await get(await signedBy(kid))).status).toBe(401);
    expect(fetches()).toBe(2);
    clock = COOLDOWN_MS + 1000;
    expect((await get(await signedBy('e'))).status).toBe(401);
    expect(fetches()).toBe(3);
  });

  it('go on serving while the issuer is down; an unknown one is 503, not 500 or 401', async () => {
    expect((await get(await app.issuer.userToken('ada'))).status).toBe(200);
    app.issuer.isDown = true;
    expect((await get(await app.issuer.userToken('ada', { jti: 1 }))).status).toBe(200);
    const answer = await get(await signedBy('unknown'));
    expect(answer.status).toBe(503);
    expect(answer.json.code).toBe('service.unavailable');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    clock = MAX_AGE_MS + 1000;
    const claims = { exp: Math.floor(Date.now() / 1000) + 7200 };
    expect((await get(await app.issuer.userToken('ada', claims))).status).toBe(200);
  });

  it.each([
    '{}',
    'null',
    '[]',
    '{"keys":null}',
    '{"keys":[]}',
    '{"keys":[null,1,{"kty":"oct","k":"AA"}]}',
    'x',
  ])(
    'that come as %s are not fetched again at once, and do not take the place of good ones',
    async (jwks) => {
      app.issuer.jwks = jwks;
      const token = await app.issuer.userToken('ada', {
        exp: Math.floor(Date.now() / 1000) + 3600,
      });
      for (let round = 0; round < 5; round += 1) expect((await get(token)).status).toBe(503);
      expect(fetches()).toBe(1);
      app.issuer.jwks = undefined;
      clock = COOLDOWN_MS + 1000;
      expect((await get(token)).status).toBe(200);
      app.issuer.jwks = jwks;
      for (const kid of ['a', 'b']) expect((await get(await signedBy(kid))).status).toBe(503);
      expect((await get(token)).status).toBe(200);
    },
  );

  it('may stand beside unusable ones and twice; a weak RSA key is not used', async () => {
    const good = await createKey('good');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = { ...publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256' };
    app.issuer.jwks = JSON.stringify({ keys: [null, weak, good.publicJwk, good.publicJwk] });
    const claims = { sub: 'ada', aud: 'urn:test:profile', scope: 'profile' };
    expect((await get(await app.issuer.sign(claims, {}, good))).status).toBe(200);
    expect((await get(await app.issuer.sign(claims, { kid: 'weak' }, good))).status).toBe(401);
  });

  it('do not make the service trip over a token whose claims are no object', async () => {
    const [key] = app.issuer.keys;
    if (!key) throw new Error('no key');
    for (const payload of ['null', '[]', '5', '"x"', 'x']) {
      const token = await new CompactSign(Buffer.from(payload))
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
        .sign(key.privateKey);
      expect((await get(token)).status).toBe(401);
    }
  });

  it('that were never known are 503 and are asked for again after the cooldown', async () => {
    app.issuer.isDown = true;
    const token = await app.issuer.userToken('ada', { exp: Math.floor(Date.now() / 1000) + 3600 });
    expect((await get(token)).status).toBe(503);
    const { only } = app.app.get(Tenants);
    const isReady = () => app.app.get(Realms).knowsKeys(only as Tenant);
    expect(await isReady()).toBe(false);
    app.issuer.isDown = false;
    expect((await get(token)).status).toBe(503);
    clock = COOLDOWN_MS + 1000;
    expect((await get(token)).status).toBe(200);
    expect(await isReady()).toBe(true);
  });
});
