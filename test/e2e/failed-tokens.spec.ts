import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createKey } from '../support/test-issuer.js';
import { TestApp } from '../support/test-app.js';
import { unique } from '../support/users.js';

const LIMIT = 5;
const SECONDS = 5;

let app: TestApp;
/** Believes in one proxy. */
let behindProxy: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ LIMITS_FAILED_TOKENS: `${LIMIT}/${SECONDS}s` });
  const env = { LIMITS_FAILED_TOKENS: `${LIMIT}/1h`, TRUSTED_PROXIES: '1' };
  behindProxy = await TestApp.start(env, [], app);
});
afterAll(async () => {
  await behindProxy.stop();
  await app.stop();
});

const good = () => app.issuer.managementToken({ client_id: unique() });
const forged = async () =>
  app.issuer.sign({ sub: unique(), aud: 'urn:test:management' }, {}, await createKey('first'));

const ask = (on: TestApp, token: string | undefined, address = unique()) =>
  on.call({
    ...{ method: 'GET', url: '/api/users/x', token },
    headers: { 'x-forwarded-for': `${unique()}, ${address}` },
  });
const statusOf = async (...parameters: Parameters<typeof ask>) => (await ask(...parameters)).status;

async function fail(on: TestApp, address?: string): Promise<number[]> {
  const statuses = [];
  for (let count = 0; count <= LIMIT; count += 1)
    statuses.push(await statusOf(on, await forged(), address));
  return statuses;
}

it('what fails is 429 once too much of it came from one address, whatever X-Forwarded-For says and whatever is wrong', async () => {
  expect(await fail(app)).toEqual([...Array<number>(LIMIT).fill(401), 429]);
  for (const token of [undefined, 'x.y.z', await app.issuer.managementToken({ exp: 1 })])
    expect(await statusOf(app, token)).toBe(429);
  const { headers, json } = await ask(app, await forged());
  const wait = Number(headers['retry-after']);
  expect(headers['ratelimit-policy']).toBe(`"failed-tokens";q=${LIMIT};w=${SECONDS}`);
  expect(headers['ratelimit']).toBe(`"failed-tokens";r=0;t=${wait}`);
  expect(json.code).toBe('request.rate_limited');
  expect(json.detail).toContain('from one address (failed-tokens)');
  expect((await app.call({ method: 'GET', url: '/health/live' })).status).toBe(200);
  await sleep(wait * 1_000);
  expect(await statusOf(app, await forged())).toBe(401);
});

it('a token that is good passes from there, too, known or not, and its scopes count as ever', async () => {
  const address = '192.0.2.3';
  const known = await good();
  expect(await statusOf(behindProxy, known, address)).toBe(404);
  expect((await fail(behindProxy, address)).at(-1)).toBe(429);
  expect(await statusOf(behindProxy, known, address)).toBe(404);
  expect(await statusOf(behindProxy, await good(), address)).toBe(404);
  const narrow = await app.issuer.managementToken({ scope: 'none' });
  expect(await statusOf(behindProxy, narrow, address)).toBe(403);
  expect(await statusOf(behindProxy, await forged(), address)).toBe(429);
});

it('as many as wait for a check there, and no more: then all that are not known are 429 for a moment', async () => {
  const address = '192.0.2.4';
  const known = await good();
  expect(await statusOf(behindProxy, known, address)).toBe(404);
  await fail(behindProxy, address);
  const others = await Promise.all(Array.from({ length: 150 }, good));
  const answers = others.map((token) => ask(behindProxy, token, address));
  expect(await statusOf(behindProxy, known, address)).toBe(404);
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(100);
});

it('behind as many proxies as are trusted, the address is the one that they saw', async () => {
  expect((await fail(behindProxy, '192.0.2.1')).at(-1)).toBe(429);
  expect(await statusOf(behindProxy, await forged(), '192.0.2.1')).toBe(429);
  expect(await statusOf(behindProxy, await forged(), '192.0.2.2')).toBe(401);
});

it('a network of IPv6 counts as one address', async () => {
  expect((await fail(behindProxy, '2001:db8::1')).at(-1)).toBe(429);
  expect(await statusOf(behindProxy, await forged(), '2001:db8::ffff:1')).toBe(429);
  expect(await statusOf(behindProxy, await forged(), '2001:db8:0:1::1')).toBe(401);
});
