import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '../../src/errors/app-error.js';
import { createKey, MANAGEMENT_AUDIENCE, USER_AUDIENCE } from '../support/test-issuer.js';
import { OPERATORS, TestGate } from '../support/test-gate.js';

let gate: TestGate;
beforeAll(async () => {
  gate = await TestGate.start();
});
afterAll(() => gate.stop());
beforeEach(() => {
  gate.onRequest = () => undefined;
});

const ON_OPERATORS_HOST = { host: OPERATORS.host };
const operatorToken = (claims = {}) =>
  gate.issuer.sign({ sub: 'op', aud: OPERATORS.audience, scope: 'tenants:manage', ...claims });
const code = async (...parameters: Parameters<TestGate['get']>) => {
  const { status, json } = await gate.get(...parameters);
  return status === 200 ? 200 : (json.code as string);
};

describe('a route', () => {
  it('that is public is open, on every host, and tells of nobody', async () => {
    expect(await code('/open')).toBe(200);
    expect(await code('/open', 'x', ON_OPERATORS_HOST)).toBe(200);
    const { json } = await gate.get('/origin', undefined, { 'x-request-id': 'r' });
    expect(json).toEqual({ requestId: 'r' });
  });

  it('that says nothing of who may call it is closed', async () => {
    for (const token of [await gate.issuer.managementToken(), await gate.issuer.userToken('ada')]) {
      const { status, json, headers } = await gate.get('/undeclared', token);
      expect([status, json.code]).toEqual([401, 'auth.unauthorized']);
      expect(json.detail).toBe('The access token is not accepted for this resource.');
      expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    }
  });

  it.each(['user', 'management'] as const)('of %s tokens is told of its caller', async (kind) => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const aud = kind === 'user' ? USER_AUDIENCE : MANAGEMENT_AUDIENCE;
    const scope = kind === 'user' ? 'profile email' : 'users:read x';
    const actor = { kind, subject: 'ada' };
    const ask = async (claims: object) => {
      const token = await gate.issuer.sign({ sub: 'ada', aud, scope, exp, ...claims });
      const { json } = await gate.get(`/${kind}`, token, { 'x-request-id': 'r' });
      expect(json).toMatchObject({ ...actor, expiresAt: exp, scopes: scope.split(' '), token });
      return json;
    };
    expect(await ask({ client_id: 'app' })).toMatchObject({
      clientId: 'app',
      origin: { actor: { ...actor, clientId: 'app' }, requestId: 'r' },
    });
    const nameless = await ask({ client_id: undefined });
    expect(nameless.clientId).toBeUndefined();
    expect(nameless.origin).toEqual({ actor: { ...actor, clientId: null }, requestId: 'r' });
  });

  it('of operators is there on their hosts only, and nothing else that is closed is', async () => {
    const [own, user] = [await operatorToken(), await gate.issuer.userToken('ada')];
    expect(await code('/operator', own, ON_OPERATORS_HOST)).toBe(200);
    expect(await code('/operator', own)).toBe('request.route_not_found');
    const { status, json } = await gate.get('/user', user, ON_OPERATORS_HOST);
    expect([status, json.code]).toEqual([404, 'request.route_not_found']);
    expect(json.detail).toBe('No route has this path.');
    expect(await code('/undeclared', own, ON_OPERATORS_HOST)).toBe('request.route_not_found');
  });

  it('is no one’s whose token is of another kind', async () => {
    const tokens = {
      user: await gate.issuer.userToken('ada'),
      management: await gate.issuer.managementToken(),
      operator: await operatorToken(),
    };
    for (const kind of ['user', 'management', 'operator'] as const)
      for (const [other, token] of Object.entries(tokens)) {
        const headers = kind === 'operator' ? ON_OPERATORS_HOST : {};
        expect([kind, other, await code(`/${kind}`, token, headers)]).toEqual([
          kind,
          other,
          kind === other ? 200 : 'auth.unauthorized',
        ]);
      }
  });
});

describe('a scope', () => {
  it.each([
    ['/user', 'profile', ['email', 'all', ''], 'profile', 'profile'],
    ['/management', 'all', ['users:write', 'profile', ''], 'all or users:read', 'users:read'],
    ['/management', 'users:read', [], '', ''],
    ['/operator', 'tenants:manage', ['all'], 'tenants:manage', 'tenants:manage'],
  ])('%s is open to %s, and not to %j', async (url, good, others, told, narrowest) => {
    const aud = { '/user': USER_AUDIENCE, '/management': MANAGEMENT_AUDIENCE }[url];
    const headers = url === '/operator' ? ON_OPERATORS_HOST : {};
    const ask = async (scope: string) => {
      const claims = { sub: 'ada', aud: aud ?? OPERATORS.audience, scope };
      return gate.get(url, await gate.issuer.sign(claims), headers);
    };
    expect((await ask(good)).status).toBe(200);
    for (const other of others) {
      const answer = await ask(other);
      expect([answer.status, answer.json.code]).toEqual([403, 'auth.forbidden']);
      expect(answer.json.detail).toBe(`The access token needs the scope ${told}.`);
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer error="insufficient_scope", scope="${narrowest}"`,
      );
    }
  });
});

describe('what is refused', () => {
  const claim = (name: string) => `the claim ${name} is not accepted`;

  it.each<[object, Record<string, unknown>, string]>([
    [{ iss: 'https://evil.example' }, {}, claim('iss')],
    [{ sub: '' }, {}, claim('sub')],
    [{ exp: 1 }, {}, claim('exp')],
    [{ nbf: 99_999_999_999 }, {}, claim('nbf')],
    [{ iat: 99_999_999_999 }, {}, claim('iat')],
    [{ token_use: 'id' }, {}, claim('token_use')],
    [{ aud: 'urn:other' }, {}, claim('aud')],
    [{}, { jwk: {} }, 'refused header'],
    [{}, { jku: 'https://evil.example' }, 'refused header'],
    [{}, { x5u: 'https://evil.example' }, 'refused header'],
    [{}, { crit: ['b'], b: true }, 'refused header'],
    [{}, { typ: 'dpop+jwt' }, 'not the type of access tokens'],
    [{}, { typ: 'xjwt' }, 'not the type of access tokens'],
    [{}, { typ: 'jwt+x' }, 'not the type of access tokens'],
    [{}, { typ: 5 }, 'not the type of access tokens'],
    [{}, { kid: 5 }, 'the kid is no text'],
    [{}, { kid: 'x' }, 'no applicable key found in the JSON Web Key Set'],
  ])('is told why in the log: %j %j', async (claims, header, why) => {
    const token = await gate.issuer.sign({ sub: 'ada', aud: USER_AUDIENCE, ...claims }, header);
    expect(await code('/user', token)).toBe('auth.unauthorized');
    expect(gate.refusals.at(-1)).toBe(why);
  });

  it.each([
    ['{"alg":"HS256"}', '{}', 'refused alg'],
    ['{"alg":5}', '{}', 'refused alg'],
    ['{"alg":"ES256"}', '[]', 'the payload is no object'],
  ])('is told why, signed or not: %s %s', async (header, payload, why) => {
    const parts = [header, payload, 'x'].map((part) => Buffer.from(part).toString('base64url'));
    expect(await code('/user', parts.join('.'))).toBe('auth.unauthorized');
    expect(gate.refusals.at(-1)).toBe(why);
  });

  it('for its signature is told so, after all keys were tried', async () => {
    const forged = await gate.issuer.sign(
      { sub: 'x', aud: USER_AUDIENCE },
      {},
      await createKey('first'),
    );
    expect(await code('/user', forged)).toBe('auth.unauthorized');
    expect(gate.refusals.at(-1)).toBe('signature verification failed');
  });

  it('for the issuer’s sake is told so, and not that the token is wrong', async () => {
    const away = await TestGate.start({ AUTH_JWKS_URI: 'http://127.0.0.1:1/' }, gate);
    const { status, json } = await away.get('/user', await gate.issuer.userToken('ada'));
    expect([status, json.code]).toEqual([503, 'service.unavailable']);
    await away.stop();
  });

  it('for its header is told in the answer what to send', async () => {
    expect(await code('/user')).toBe('auth.authorization_header_missing');
    expect(await code('/user', undefined, { authorization: 'Basic x' })).toBe(
      'auth.authorization_token_type_not_supported',
    );
  });

  it('too often, is refused in another way, and nothing else is', async () => {
    gate.onRequest = (request) => {
      request.refuseFailure = () =>
        Promise.reject(new AppError('request.rate_limited', 'Too many.'));
    };
    expect(await code('/user', 'x.y.z')).toBe('request.rate_limited');
    expect(await code('/user')).toBe('request.rate_limited');
    const narrow = await gate.issuer.userToken('ada', { scope: '' });
    expect(await code('/user', narrow)).toBe('auth.forbidden');
    expect(await code('/user', await gate.issuer.userToken('ada'))).toBe(200);
  });
});

describe('a token that was verified', () => {
  it('is not verified again, and that is counted', async () => {
    const fresh = await TestGate.start({}, gate);
    const verify = jest.spyOn(crypto.subtle, 'verify');
    const token = await fresh.issuer.userToken('ada');
    for (const _ of [1, 2, 3]) expect((await fresh.get('/user', token)).status).toBe(200);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(fresh.metrics.read('nameplate_token_cache_lookups_total')).toEqual([
      [2, { result: 'hit' }],
      [1, { result: 'miss' }],
    ]);
    verify.mockRestore();
    await fresh.stop();
  });
});
