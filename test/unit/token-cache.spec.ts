import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Principal } from '../../src/auth/principal.js';
import type { Realm } from '../../src/auth/realms.js';
import { TokenCache } from '../../src/auth/token-cache.js';
import { Metrics } from '../../src/metrics/metrics.js';

const START = 1_700_000_000_000;
let clock = START;
let cache: TokenCache;
let metrics: Metrics;
beforeEach(() => {
  clock = START;
  jest.spyOn(Date, 'now').mockImplementation(() => clock);
  jest.spyOn(performance, 'now').mockImplementation(() => clock);
  metrics = new Metrics();
  cache = new TokenCache(metrics);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const realm = (key: string, current: object = KEYS) => ({ key, keys: { current } }) as Realm;
const KEYS = {};
/** Of a token that expires in so many seconds. */
const principal = (seconds: number) => ({ expiresAt: START / 1000 + seconds }) as Principal;
/** The cache looks at its clock once a millisecond. */
const at = async (seconds: number) => {
  clock = START + seconds * 1000;
  await sleep(5);
};

describe('a principal of a token', () => {
  it('is known of the realm and the token that it is of, and of no other', () => {
    const ada = principal(600);
    cache.set(realm('a'), 'token', ada);
    expect(cache.get(realm('a'), 'token')).toBe(ada);
    expect(cache.get(realm('b'), 'token')).toBeUndefined();
    expect(cache.get(realm('a'), 'other')).toBeUndefined();
    expect(cache.knew(realm('a'), 'token')).toBe(true);
    expect(cache.knew(realm('b'), 'token')).toBe(false);
    expect(cache.knew(realm('a'), 'other')).toBe(false);
  });

  it('is asked for again after a minute, but was known', async () => {
    cache.set(realm('a'), 'token', principal(600));
    await at(59.999);
    expect(cache.get(realm('a'), 'token')).toBeDefined();
    await at(60);
    expect(cache.get(realm('a'), 'token')).toBeUndefined();
    expect(cache.knew(realm('a'), 'token')).toBe(true);
  });

  it('is neither known nor was it once the token has expired', async () => {
    cache.set(realm('a'), 'token', principal(30));
    await at(29.999);
    expect(cache.get(realm('a'), 'token')).toBeDefined();
    await at(30);
    expect(cache.get(realm('a'), 'token')).toBeUndefined();
    await at(30.1);
    expect(cache.knew(realm('a'), 'token')).toBe(false);
  });

  it('is not kept of a token that expires within the millisecond, but in the next one', () => {
    cache.set(realm('a'), 'now', principal(0));
    cache.set(realm('a'), 'gone', principal(-5));
    cache.set(realm('a'), 'next', principal(0.001));
    expect(['now', 'gone', 'next'].map((token) => cache.knew(realm('a'), token))).toEqual([
      ...[false, false, true],
    ]);
  });

  it('is counted when it is found, and when it is not', () => {
    cache.set(realm('a'), 'token', principal(600));
    for (const token of ['token', 'token', 'other']) cache.get(realm('a'), token);
    expect(metrics.read('nameplate_token_cache_lookups_total')).toEqual([
      [2, { result: 'hit' }],
      [1, { result: 'miss' }],
    ]);
  });

  it('is asked for again when the issuer has other keys', () => {
    cache.set(realm('a'), 'token', principal(600));
    expect(cache.get(realm('a', {}), 'token')).toBeUndefined();
    expect(cache.get(realm('a'), 'token')).toBeDefined();
  });

  it('may be of a token that expires in a thousand years', async () => {
    cache.set(realm('a'), 'token', principal(31_536_000_000));
    expect(cache.get(realm('a'), 'token')).toBeDefined();
    await at(2_147_483.647);
    expect(cache.knew(realm('a'), 'token')).toBe(true);
    await at(2_147_483.648);
    expect(cache.knew(realm('a'), 'token')).toBe(false);
  });
});
