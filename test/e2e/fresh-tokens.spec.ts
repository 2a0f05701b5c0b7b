import { setTimeout as sleep } from 'node:timers/promises';
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
import { PARALLEL_CHECKS } from '../../src/auth/issuer-keys.js';
import { createKey } from '../support/test-issuer.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let userId: string;
/** Checks of signatures, begun and running; they go on when the gate is open. */
let begun = 0;
let running = 0;
let gate: Promise<void> = Promise.resolve();
let openGate: () => void = () => undefined;

beforeAll(async () => {
  const verify = crypto.subtle.verify.bind(crypto.subtle);
  jest.spyOn(crypto.subtle, 'verify').mockImplementation(async (...parameters) => {
    begun += 1;
    running += 1;
    await gate;
    const isGood = await verify(...parameters);
    running -= 1;
    return isGood;
  });
  app = await TestApp.start();
  userId = await insertUser(app);
  await get(await fresh());
});
beforeEach(() => {
  begun = 0;
});
afterEach(() => openGate());
afterAll(async () => {
  jest.restoreAllMocks();
  await app.stop();
});

const get = (token: string) => app.call({ method: 'GET', url: '/api/profile', token });
const fresh = (claims = {}, key = app.issuer.keys[0]) =>
  app.issuer.sign(
    { sub: userId, aud: 'urn:test:profile', scope: 'profile', jti: unique(), ...claims },
    {},
    key,
  );
const statusOf = async (answer: ReturnType<typeof get>) => (await answer).status;

/** Keeps checks from being done until the gate is opened. */
function closeGate(): void {
  gate = new Promise((done) => (openGate = done));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

describe('tokens that were not seen before', () => {
  it('hold up neither those that were, nor more threads than their share', async () => {
    const known = await fresh();
    await get(known);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => fresh()));
    closeGate();
    const answers = tokens.map((token) => statusOf(get(token)));
    await until(() => running === PARALLEL_CHECKS);
    for (let n = 0; n < 20; n += 1) expect(await statusOf(get(known))).toBe(200);
    expect(running).toBe(PARALLEL_CHECKS);
    openGate();
    expect(await Promise.all(answers)).toEqual(tokens.map(() => 200));
  });

  it('are checked once, however many requests bring them at once', async () => {
    const token = await fresh();
    const answers = await Promise.all(Array.from({ length: 20 }, () => statusOf(get(token))));
    expect(answers).toEqual(answers.map(() => 200));
    expect(begun).toBe(1);
  });

  it('do not count when their key is withdrawn while they wait', async () => {
    const token = await fresh();
    closeGate();
    const answer = statusOf(get(token));
    await until(() => running === 1);
    const next = await createKey('next');
    app.issuer.keys.unshift(next);
    const old = app.issuer.keys.pop();
    app.issuer.requests.length = 0;
    const other = statusOf(get(await fresh()));
    await until(() => app.issuer.requests.includes('/jwks'));
    await sleep(50);
    openGate();
    expect(await Promise.all([answer, other])).toEqual([401, 200]);
    expect(await statusOf(get(token))).toBe(401);
    expect(old?.kid).toBe('first');
  });
});

describe('a token that nobody would accept', () => {
  it.each([
    ['expired', { exp: 1 }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another audience', { aud: 'urn:other' }],
    ['of the other kind', { aud: 'urn:test:management' }],
    ['not valid yet', { nbf: 99_999_999_999 }],
    ['without subject', { sub: undefined }],
  ])('is refused without a check of its signature: %s', async (_, claims) => {
    const key = app.issuer.keys[0];
    const forger = await createKey(key?.kid ?? '');
    const refused = [await get(await fresh(claims)), await get(await fresh(claims, forger))];
    expect(begun).toBe(0);
    // What is forged is told no more than that.
    const forged = await get(await fresh({}, forger));
    expect(begun).toBe(1);
    for (const { status, json, headers } of refused) {
      expect({ ...json, instance: '' }).toEqual({ ...forged.json, instance: '' });
      expect([status, headers['www-authenticate']]).toEqual([
        401,
        forged.headers['www-authenticate'],
      ]);
    }
  });

  it('is told that the keys cannot be fetched like any other', async () => {
    const second = await TestApp.start({}, [], app);
    app.issuer.isDown = true;
    for (const claims of [{}, { exp: 1 }, { aud: 'urn:other' }]) {
      const token = await fresh(claims);
      const answer = await second.call({ method: 'GET', url: '/api/profile', token });
      expect(answer.json.code).toBe('service.unavailable');
    }
    app.issuer.isDown = false;
    await second.stop();
  });
});
