import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { TestIssuer } from '../support/test-issuer.js';
import { insertUser } from '../support/users.js';

let app: TestApp;
let services: TestIssuer;
let userId: string;
beforeAll(async () => {
  services = await TestIssuer.start();
  app = await TestApp.start({ AUTH_MANAGEMENT_ISSUER: services.url });
  userId = await insertUser(app);
});
afterAll(async () => {
  await app.stop();
  await services.stop();
});

const get = async (url: string, token: string) =>
  (await app.call({ method: 'GET', url, token })).status;

describe('AUTH_MANAGEMENT_ISSUER', () => {
  it('gives the management tokens, and AUTH_ISSUER those of users', async () => {
    expect(await get('/api/users', await services.managementToken())).toBe(200);
    expect(await get('/api/profile', await app.issuer.userToken(userId))).toBe(200);
  });

  it('gives no user tokens, nor AUTH_ISSUER those of management', async () => {
    expect(await get('/api/users', await app.issuer.managementToken())).toBe(401);
    expect(await get('/api/profile', await services.userToken(userId))).toBe(401);
  });

  it.each([
    ['management', '/api/users', () => services, () => app.issuer],
    ['user', '/api/profile', () => app.issuer, () => services],
  ] as const)('signs no %s token with a key of the other', async (kind, url, named, signer) => {
    const iss = named().url;
    const token =
      kind === 'user'
        ? await signer().userToken(userId, { iss })
        : await signer().managementToken({ iss });
    expect(await get(url, token)).toBe(401);
  });

  it('is asked for its keys by AUTH_MANAGEMENT_JWKS_URI, where that is set', async () => {
    const iss = 'https://services.example';
    const other = await TestApp.start(
      { AUTH_MANAGEMENT_ISSUER: iss, AUTH_MANAGEMENT_JWKS_URI: `${services.url}/jwks` },
      [],
      app,
    );
    const token = await services.managementToken({ iss });
    expect((await other.call({ method: 'GET', url: '/api/users', token })).status).toBe(200);
    await other.stop();
  });

  it('away, is told by its name, and the service is not ready; users are served', async () => {
    const settings = { AUTH_MANAGEMENT_ISSUER: 'http://127.0.0.1:1' };
    const other = await TestApp.start(settings, [], app);
    expect((await other.call({ method: 'GET', url: '/health/ready' })).status).toBe(503);
    expect(other.log.join('')).toContain('AUTH_MANAGEMENT_ISSUER: the keys of the token issuer');
    const token = await app.issuer.userToken(userId);
    expect((await other.call({ method: 'GET', url: '/api/profile', token })).status).toBe(200);
    await other.stop();
  });
});
