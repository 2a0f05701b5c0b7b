import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COOLDOWN_MS } from '../../src/auth/issuer-keys.js';
import { Place } from '../support/service.js';
import { privateKey, TrialIssuer } from '../support/trial-issuer.js';

const PROFILE = 'urn:nameplate:profile';
const MANAGEMENT = 'urn:nameplate:management';

const [first, second, third] = await Promise.all(['first', 'second', 'third'].map(privateKey));
if (!first || !second || !third) throw new Error('no keys');

let issuer: TrialIssuer;
let place: Place;
beforeAll(async () => {
  issuer = await TrialIssuer.find();
  await issuer.start([first]);
  place = await Place.find();
  await place.start({ AUTH_ISSUER: issuer.url, SELF_SERVICE_PROVISIONING: 'on' });
});
afterAll(async () => {
  await place.stopAll();
  place.remove();
  await issuer.stop();
});

const management = (scope = 'all') => issuer.serviceToken({ resource: MANAGEMENT, scope });
const userTokens = (user: string, scope = 'openid profile email') =>
  issuer.signIn(user, PROFILE, scope);
const status = async (token: string, path = '/users') =>
  (await place.send(token, 'GET', path)).status;

describe('an identity provider that was only named (AUTH_ISSUER)', () => {
  it('gives a service a management token by client credentials and resource', async () => {
    const answer = await place.send(await management(), 'POST', '/users', { id: 'grace' });
    expect(answer.status).toBe(201);
    const events = await place.send(await management('events:read'), 'GET', '/users/grace/events');
    expect(await events.json()).toMatchObject([
      { data: { actor: { kind: 'management', clientId: 'service' } } },
    ]);
  });

  it('gives a user who signs in (code, PKCE, resource) a token of their own record', async () => {
    const { access_token: token } = await userTokens('ada');
    const own = await place.send(token, 'GET', '/profile');
    expect(await own.json()).toMatchObject({ id: 'ada', primaryEmail: 'ada@example.com' });
    expect((await place.send(token, 'PATCH', '/profile', { name: 'Ada' })).status).toBe(200);
    expect(await (await place.send(await management(), 'GET', '/users/ada')).json()).toMatchObject({
      name: 'Ada',
      username: 'ada',
    });
  });

  it.each<[string, string, () => Promise<string | undefined>]>([
    ['a user token', '/users', async () => (await userTokens('ada')).access_token],
    ['a management token', '/profile', () => management()],
    ['an ID token', '/profile', async () => (await userTokens('ada')).id_token],
    ['an opaque token, without resource', '/users', () => issuer.serviceToken({})],
  ])('is answered 401 with %s on %s', async (_, path, token) => {
    const answer = await place.send(String(await token()), 'GET', path);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it.each<[string, string, () => Promise<string>, string, string]>([
    ['users:delete', 'users:read', () => management('users:read'), 'DELETE', '/users/grace'],
    [
      'profile',
      'email',
      async () => (await userTokens('ada', 'openid email')).access_token,
      'GET',
      '/profile',
    ],
  ])(
    'is answered 403 that names the scope %s when the token has %s',
    async (scope, _, token, method, path) => {
      const answer = await place.send(await token(), method, path);
      expect(answer.status).toBe(403);
      expect(answer.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
      expect(await answer.json()).toMatchObject({
        code: 'auth.forbidden',
        detail: expect.stringContaining(scope),
      });
    },
  );

  it('may change its keys: new tokens are taken at once, old ones as long as their key is there', async () => {
    const old = await management();
    expect(await status(old)).toBe(200);
    await issuer.start([second, first]);
    const next = await management();
    expect([await status(next), await status(old)]).toEqual([200, 200]);

    await issuer.start([third, second]);
    const last = await management();
    // An unknown key is asked for at most once in this time.
    const deadline = Date.now() + COOLDOWN_MS + 5_000;
    while ((await status(last)) !== 200 && Date.now() < deadline) await sleep(250);
    expect([await status(last), await status(next), await status(old)]).toEqual([200, 200, 401]);
  });

  it('gives tokens that are taken until they expire', async () => {
    await issuer.start([third], { TOKEN_SECONDS: '3' });
    const token = await management();
    expect(await status(token)).toBe(200);
    await sleep(3_100);
    expect(await status(token)).toBe(401);
  });
});
