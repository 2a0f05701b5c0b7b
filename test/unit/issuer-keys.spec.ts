import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { decodeProtectedHeader } from 'jose';
import {
  COOLDOWN_MS,
  IssuerKeys,
  type KeySource,
  MAX_AGE_MS,
  PARALLEL_CHECKS,
} from '../../src/auth/issuer-keys.js';
import type { AppError } from '../../src/errors/app-error.js';
import { createKey, TestIssuer } from '../support/test-issuer.js';

let issuer: TestIssuer;
let clock: number;
let warned: string[];

beforeEach(async () => {
  issuer = await TestIssuer.start();
  clock = 1_700_000_000_000;
  warned = [];
  jest.spyOn(Date, 'now').mockImplementation(() => clock);
  jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((text) => void warned.push(text as string));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await issuer.stop();
});

const keysOf = (source: Partial<KeySource> = {}) =>
  new IssuerKeys({
    issuer: issuer.url,
    jwksUri: `${issuer.url}/jwks`,
    settings: 'AUTH',
    ...source,
  });
const token = (header: object = {}, key = issuer.keys[0]) =>
  issuer.sign({ sub: 'ada' }, header as never, key);
const verify = async (keys: IssuerKeys, signed: string | Promise<string>) => {
  const text = await signed;
  const payload = await keys.verify(text, decodeProtectedHeader(text));
  return JSON.parse(Buffer.from(payload).toString()).sub as string;
};
const fetches = () => issuer.requests.length;
/** Lets what goes on in the background come to its end. */
const settled = async (keys: IssuerKeys) => {
  const before = keys.current;
  for (let round = 0; round < 1_000 && keys.current === before; round += 1) await sleep(5);
};

/** Keeps checks from being done until it is opened. */
function closeGate(): () => void {
  const gate = Promise.withResolvers<undefined>();
  const check = crypto.subtle.verify.bind(crypto.subtle);
  jest.spyOn(crypto.subtle, 'verify').mockImplementation(async (...parameters) => {
    await gate.promise;
    return check(...parameters);
  });
  return () => gate.resolve(undefined);
}

const NO_KEY = { code: 'ERR_JWKS_NO_MATCHING_KEY' };
const FORGED = { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' };
const UNAVAILABLE = {
  code: 'service.unavailable',
  detail: 'The keys of the token issuer cannot be fetched.',
  extra: { headers: { 'Retry-After': '10' } },
};

describe('the keys of an issuer', () => {
  it('verify what one of them signed, and are fetched once for that', async () => {
    const keys = keysOf();
    const header = { alg: 'ES256', kid: 'first' };
    expect([keys.current, keys.mayKnow(header)]).toEqual([undefined, false]);
    expect(await verify(keys, token())).toBe('ada');
    expect(await verify(keys, token())).toBe('ada');
    expect(fetches()).toBe(1);
    expect(keys.current).toHaveLength(1);
    expect(keys.mayKnow(header)).toBe(true);
    expect(keys.mayKnow({ alg: 'ES256', kid: 'other' })).toBe(false);
  });

  it('are known after they were asked for, and not asked for again then', async () => {
    const keys = keysOf();
    expect(await keys.known()).toBe(true);
    expect(await keys.known()).toBe(true);
    expect(fetches()).toBe(1);
  });

  it('that are not known are asked for once a cooldown', async () => {
    const keys = keysOf();
    issuer.isDown = true;
    expect([await keys.known(), await keys.known()]).toEqual([false, false]);
    clock += COOLDOWN_MS - 1;
    issuer.isDown = false;
    expect([await keys.known(), fetches()]).toEqual([false, 1]);
    clock += 1;
    expect([await keys.known(), fetches()]).toEqual([true, 2]);
  });

  it('are asked for once by all that wait for them', async () => {
    const keys = keysOf();
    const signed = await token();
    const all = await Promise.all([1, 2, 3].map(() => verify(keys, signed)));
    expect([all, fetches()]).toEqual([['ada', 'ada', 'ada'], 1]);
  });

  it('are asked for again at once for a kid that is new, then once a cooldown', async () => {
    const keys = keysOf();
    await keys.known();
    issuer.keys.unshift(await createKey('second'));
    expect(await verify(keys, token())).toBe('ada');
    expect(fetches()).toBe(2);
    const third = token({}, await createKey('third'));
    await expect(verify(keys, third)).rejects.toMatchObject(NO_KEY);
    expect(fetches()).toBe(2);
    clock += COOLDOWN_MS;
    await expect(verify(keys, third)).rejects.toMatchObject(NO_KEY);
    expect(fetches()).toBe(3);
  });

  it('are not asked for again when one of the kid is known, and has not signed it', async () => {
    const keys = keysOf();
    await keys.known();
    await expect(verify(keys, token({}, await createKey('first')))).rejects.toMatchObject(FORGED);
    expect(fetches()).toBe(1);
  });

  it('are asked for again for a token without kid, once', async () => {
    const keys = keysOf();
    await keys.known();
    const nameless = { kid: undefined };
    const next = await createKey('next');
    issuer.keys.unshift(next);
    expect(await verify(keys, token(nameless, next))).toBe('ada');
    expect(fetches()).toBe(2);
    await expect(verify(keys, token(nameless, await createKey('x')))).rejects.toMatchObject(FORGED);
  });

  it('cannot be said to be missing where the issuer cannot be asked', async () => {
    const keys = keysOf();
    issuer.isDown = true;
    await expect(verify(keys, token())).rejects.toMatchObject(UNAVAILABLE);
    await expect(verify(keys, token())).rejects.toMatchObject(UNAVAILABLE);
    expect(fetches()).toBe(1);
  });

  it('go on while the issuer is away', async () => {
    const keys = keysOf();
    await keys.known();
    clock += 1;
    issuer.isDown = true;
    const other = token({}, await createKey('other'));
    await expect(verify(keys, other)).rejects.toMatchObject(UNAVAILABLE);
    await expect(verify(keys, other)).rejects.toMatchObject(UNAVAILABLE);
    expect(await verify(keys, token())).toBe('ada');
    clock += COOLDOWN_MS;
    issuer.isDown = false;
    await expect(verify(keys, other)).rejects.toMatchObject(NO_KEY);
  });

  it('are fetched again in the background once they are old, and then are others', async () => {
    const keys = keysOf();
    const old = await token();
    await verify(keys, old);
    const before = keys.current;
    const second = await createKey('second');
    clock += MAX_AGE_MS;
    expect(await verify(keys, old)).toBe('ada');
    await sleep(20);
    expect(fetches()).toBe(1);
    clock += 1;
    const asked = new Promise<ServerResponse>((done) => (issuer.answerKeys = done));
    expect(await verify(keys, old)).toBe('ada');
    (await asked).end(JSON.stringify({ keys: [second.publicJwk] }));
    await settled(keys);
    expect(keys.current).not.toBe(before);
    await expect(verify(keys, old)).rejects.toMatchObject(NO_KEY);
  });

  it('stay the same list as long as they are the same keys', async () => {
    const keys = keysOf();
    await keys.known();
    const before = keys.current;
    await expect(verify(keys, token({}, await createKey('x')))).rejects.toMatchObject(NO_KEY);
    expect(fetches()).toBe(2);
    expect(keys.current).toBe(before);
  });

  it('are not given up for a set without any', async () => {
    const keys = keysOf();
    await keys.known();
    issuer.jwks = '{"keys":[]}';
    await expect(verify(keys, token({}, await createKey('x')))).rejects.toMatchObject(UNAVAILABLE);
    expect(await verify(keys, token())).toBe('ada');
  });

  it('say of a token that is none what is wrong with it', async () => {
    const keys = keysOf();
    await keys.known();
    const header = { alg: 'ES256', kid: 'first' };
    await expect(keys.verify('x.y', header)).rejects.toMatchObject({ code: 'ERR_JWS_INVALID' });
  });

  it('are tried for a thousand tokens that wait, and for no more', async () => {
    const keys = keysOf();
    await keys.known();
    const text = await token();
    const outcome = () => verify(keys, text).catch((error: unknown) => (error as AppError).detail);
    const open = closeGate();
    const checked = Array.from({ length: PARALLEL_CHECKS }, outcome);
    await sleep(20);
    const waiting = Array.from({ length: 1_000 }, outcome);
    await sleep(20);
    const refused = outcome();
    open();
    expect(await refused).toBe('Too many tokens are being verified.');
    expect(new Set(await Promise.all([...checked, ...waiting]))).toEqual(new Set(['ada']));
  });

  it('that are withdrawn while a token is checked do not count', async () => {
    const keys = keysOf();
    await keys.known();
    const old = await token();
    const open = closeGate();
    const answer = expect(verify(keys, old)).rejects.toMatchObject(NO_KEY);
    issuer.keys = [await createKey('second')];
    const other = verify(keys, token());
    await settled(keys);
    open();
    await answer;
    expect(await other).toBe('ada');
  });
});

describe('discovery', () => {
  it.each(['', '/'])('finds the keys of an issuer that ends with «%s»', async (end) => {
    const url = issuer.url + end;
    const known = await keysOf({ issuer: url, jwksUri: undefined }).known();
    expect(known).toBe(end === '');
    expect(issuer.requests[0]).toBe('/.well-known/openid-configuration');
  });

  it.each<[string, (url: string) => object, string]>([
    ['of another issuer', (url) => ({ issuer: `${url}/` }), 'names another issuer'],
    ['without keys', (url) => ({ issuer: url }), 'names no jwks_uri'],
    ['with keys that are no text', (url) => ({ issuer: url, jwks_uri: 5 }), 'names no jwks_uri'],
  ])('takes no document %s', async (_, document, why) => {
    issuer.configuration = document(issuer.url);
    expect(await keysOf({ jwksUri: undefined }).known()).toBe(false);
    expect(warned).toEqual([
      `AUTH_ISSUER: the keys of the token issuer cannot be fetched. Its discovery document ${why}. ` +
        'Until they can, requests are 503.',
    ]);
  });
});

describe('the log', () => {
  it('is told once that keys cannot be fetched, and that they can be again', async () => {
    const keys = keysOf({ settings: 'AUTH_MANAGEMENT' });
    issuer.isDown = true;
    const told = (rest: string) =>
      'AUTH_MANAGEMENT_JWKS_URI: the keys of the token issuer cannot be fetched. ' +
      `${new URL(issuer.url).host}/jwks: it answered 500. ${rest}`;
    const tryAgain = async () => {
      clock += COOLDOWN_MS;
      await verify(keys, token({}, await createKey('x'))).catch(() => undefined);
      return warned.splice(0);
    };
    expect(await tryAgain()).toEqual([told('Until they can, requests are 503.')]);
    expect(await tryAgain()).toEqual([]);
    issuer.isDown = false;
    const BACK = 'The keys of the token issuer can be fetched again.';
    expect(await tryAgain()).toEqual([BACK]);
    expect(await tryAgain()).toEqual([]);
    issuer.isDown = true;
    expect(await tryAgain()).toEqual([told('Those that are known go on.')]);
    issuer.isDown = false;
    expect(await tryAgain()).toEqual([BACK]);
  });
});
