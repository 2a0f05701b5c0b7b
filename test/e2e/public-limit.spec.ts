import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { unique } from '../support/users.js';

const LIMIT = 5;
const SECONDS = 5;
const ORIGIN = 'https://app.example';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({
    ...{ LIMITS_PUBLIC: `${LIMIT}/${SECONDS}s`, TRUSTED_PROXIES: '1' },
    CORS_ORIGINS: ORIGIN,
  });
});
afterAll(() => app.stop());

const from = (address: string, method: string, url: string, token?: string) =>
  app.call({ method, url, token, headers: { 'x-forwarded-for': address, origin: ORIGIN } });

/** So much that nothing more is answered. */
async function useUp(address: string): Promise<void> {
  for (let n = 0; n < LIMIT; n += 1)
    expect((await from(address, 'GET', `/${unique()}`)).status).toBe(404);
  expect((await from(address, 'GET', `/${unique()}`)).status).toBe(429);
}

it('says which limit it is and how long, and that is right', async () => {
  const address = '192.0.2.1';
  await useUp(address);
  const { headers, json } = await from(address, 'GET', '/openapi.json');
  const wait = Number(headers['retry-after']);
  expect(headers['ratelimit-policy']).toBe(`"public";q=${LIMIT};w=${SECONDS}`);
  expect(headers['ratelimit']).toBe(`"public";r=0;t=${wait}`);
  expect(headers['access-control-allow-origin']).toBe(ORIGIN);
  expect(json).toMatchObject({ status: 429, code: 'request.rate_limited' });
  await sleep(wait * 1_000);
  expect((await from(address, 'GET', '/openapi.json')).status).toBe(200);
});

it.each([
  ['a path that is none', 'GET', '/none'],
  ['a path that is none, for who has a token', 'GET', '/api/none', true],
  ['a method that is not allowed', 'PUT', '/api/users/x', true],
  ['a public document', 'GET', '/openapi.json'],
  ['a file of a page', 'GET', '/docs'],
  ['a request without a token', 'GET', '/api/users/x'],
])('%s counts, and is refused over the limit', async (_name, method, url, hasToken = false) => {
  const token = hasToken ? await app.issuer.managementToken() : undefined;
  const address = `203.0.113.${(hosts += 1)}`;
  const other = `203.0.113.${(hosts += 1)}`;
  for (let n = 0; n < LIMIT; n += 1)
    expect((await from(address, method, url, token)).status).not.toBe(429);
  if (url !== '/api/users/x' || hasToken)
    expect((await from(address, method, url, token)).status).toBe(429);
  else {
    // What is 401 has a limit of its own.
    await useUp(address);
    expect((await from(address, method, url, token)).status).toBe(429);
  }
  expect((await from(other, method, url, token)).status).not.toBe(429);
});
let hosts = 0;

it('a good token, probes, metrics and the keys of development pass all the same', async () => {
  const address = '192.0.2.2';
  await useUp(address);
  const token = await app.issuer.managementToken({ client_id: unique() });
  const statusOf = async (...request: Parameters<typeof from>) => (await from(...request)).status;
  expect(await statusOf(address, 'GET', '/api/users/x', token)).toBe(404);
  expect(await statusOf(address, 'GET', '/health/live')).toBe(200);
  expect(await statusOf(address, 'GET', '/health/live?x')).toBe(400);
  expect(await statusOf(address, 'GET', '/metrics?x=1')).toBe(200);
  expect(await statusOf(address, 'GET', '/development-issuer/jwks')).toBe(404);
  expect(await statusOf(address, 'GET', '/health/none')).toBe(429);
});

/** Milliseconds until it is answered with this status. */
async function timeOf(request: Parameters<TestApp['call']>[0], status: number): Promise<number> {
  const since = performance.now();
  expect((await app.call(request)).status).toBe(status);
  return performance.now() - since;
}

it.each([
  [
    'a preflight, which browsers send by themselves,',
    204,
    { method: 'OPTIONS', url: '/api/profile' },
    { origin: ORIGIN, 'access-control-request-method': 'PATCH' },
  ],
  ['a path that no route could have', 400, { method: 'GET', url: '/%zz' }, {}],
  ['a request that is odd', 400, { method: 'GET', url: '/api/profile' }, { host: 'a b' }],
])('%s is answered late over the limit', async (_name, status, request, more) => {
  const headers = { ...more, 'x-forwarded-for': `203.0.113.${(hosts += 1)}` };
  for (let n = 0; n < LIMIT; n += 1) await timeOf({ ...request, headers }, status);
  expect(await timeOf({ ...request, headers }, status)).toBeGreaterThan(950);
});

it('preflights over the limit hold up nothing else', async () => {
  const address = '192.0.2.3';
  for (let n = 0; n <= LIMIT; n += 1)
    await app.call({
      ...{ method: 'OPTIONS', url: '/api/profile' },
      headers: {
        ...{ 'x-forwarded-for': address, origin: ORIGIN },
        'access-control-request-method': 'PATCH',
      },
    });
  expect((await from(address, 'GET', '/openapi.json')).status).toBe(200);
});
