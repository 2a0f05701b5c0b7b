import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CompactSign } from 'jose';
import { IssuerKeys } from '../../src/auth/issuer-keys.js';
import type { Realm } from '../../src/auth/realms.js';
import { tokenVerifier } from '../../src/auth/verify-token.js';
import { type Claims, createKey, TestIssuer, USER_AUDIENCE } from '../support/test-issuer.js';

let issuer: TestIssuer;
let keys: IssuerKeys;
beforeAll(async () => {
  Logger.overrideLogger(false);
  issuer = await TestIssuer.start();
  keys = new IssuerKeys({ issuer: issuer.url, jwksUri: undefined, settings: 'AUTH' });
  await keys.known();
});
afterAll(() => issuer.stop());

const realm = (key = 'a', rules: object = {}): Realm => ({
  ...{ key, keys },
  rules: {
    ...{ issuer: issuer.url, audiences: { user: USER_AUDIENCE }, clients: {} },
    ...{ scopePrefix: '', userDefaultScopes: [], ...rules },
  },
});
const verify = tokenVerifier('user');
const sign = (claims: Claims = {}, header = {}, key = issuer.keys[0]) =>
  issuer.sign({ sub: 'ada', aud: USER_AUDIENCE, ...claims }, header, key);
/** A token of any header and payload, that nobody signed. */
const unsigned = (header: object, payload: string) =>
  [JSON.stringify(header), payload, 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const signedText = async (payload: string | Uint8Array) => {
  const [key] = issuer.keys;
  if (!key) throw new Error('no key');
  return new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .sign(key.privateKey);
};

/** How often a signature is checked meanwhile. */
async function checks(work: () => Promise<unknown>): Promise<number> {
  const check = jest.spyOn(crypto.subtle, 'verify');
  await work();
  const { length } = check.mock.calls;
  check.mockRestore();
  return length;
}

describe('a token', () => {
  it('that the issuer signed says what its claims are', async () => {
    const claims = await verify(await sign({ extra: [1] }), realm());
    expect(claims).toMatchObject({ sub: 'ada', aud: USER_AUDIENCE, extra: [1] });
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/jwt', 'application/at+jwt'])(
    'may be of the type %s',
    async (typ) => {
      expect(await verify(await sign({}, { typ }), realm())).toHaveProperty('sub', 'ada');
    },
  );

  it.each<[Record<string, unknown>, string]>([
    ...['id+jwt', 'xjwt', 'jwtx', 'x/at+jwt', '', 5, ['JWT']].map(
      (typ): [{ typ: unknown }, string] => [{ typ }, 'not the type of access tokens'],
    ),
    [{ jwk: {} }, 'refused header'],
    [{ jku: 'https://evil.example' }, 'refused header'],
    [{ x5u: 'https://evil.example' }, 'refused header'],
    [{ crit: ['b'], b: true }, 'refused header'],
    [{ kid: 5 }, 'the kid is no text'],
    [{ kid: 'x' }, 'no applicable key found in the JSON Web Key Set'],
  ])('is refused for its header %j: %s', async (header, why) => {
    await expect(verify(await sign({}, header), realm())).rejects.toThrow(why);
  });

  it.each<[object, string, string]>([
    [{ alg: 'HS256' }, '{}', 'refused alg'],
    [{ alg: 5 }, '{}', 'refused alg'],
    [{}, '{}', 'refused alg'],
    [{ alg: 'ES256' }, '[]', 'the payload is no object'],
    [{ alg: 'ES256' }, '', 'JSON'],
  ])('that is not signed is refused: %j %s', async (header, payload, why) => {
    await expect(verify(unsigned(header, payload), realm())).rejects.toThrow(why);
  });

  it.each(['null', '[]', '5', '{"sub":'])(
    'of the issuer is refused when its payload is %p',
    async (payload) => {
      await expect(verify(await signedText(payload), realm())).rejects.toThrow();
    },
  );

  it('of the issuer is refused when its payload is no UTF-8', async () => {
    const good = { iss: issuer.url, sub: 'ada', aud: USER_AUDIENCE, exp: 99_999_999_999, x: '?' };
    const payload = (x: number) => {
      const bytes = Buffer.from(JSON.stringify(good));
      bytes[bytes.lastIndexOf('?')] = x;
      return bytes;
    };
    expect(await verify(await signedText(payload(65)), realm())).toHaveProperty('x', 'A');
    await expect(verify(await signedText(payload(255)), realm())).rejects.toThrow();
  });

  it('is refused for its claims before its signature is checked', async () => {
    const forger = await createKey('first');
    for (const token of [await sign({ exp: 1 }), await sign({ exp: 1 }, {}, forger)])
      expect(await checks(() => expect(verify(token, realm())).rejects.toThrow(/^exp$/))).toBe(0);
    const forged = await sign({}, {}, forger);
    const refused = () =>
      expect(verify(forged, realm())).rejects.toThrow('signature verification failed');
    expect(await checks(refused)).toBe(1);
  });

  it('is told that the issuer is away, whatever its claims are, where no key is known', async () => {
    const away = new IssuerKeys({ issuer: '', jwksUri: 'http://127.0.0.1:1', settings: 'AUTH' });
    for (const claims of [{}, { exp: 1 }])
      await expect(verify(await sign(claims), { ...realm(), keys: away })).rejects.toMatchObject({
        code: 'service.unavailable',
      });
  });
});

describe('a token that comes again', () => {
  it('at the same time is checked once, in one realm', async () => {
    const token = await sign();
    const same = () => Promise.all([1, 2, 3].map(() => verify(token, realm())));
    expect(await checks(same)).toBe(1);
    const two = () => Promise.all([verify(token, realm('a')), verify(token, realm('b'))]);
    expect(await checks(two)).toBe(2);
  });

  it('is judged by the rules of its own realm', async () => {
    const token = await sign();
    const other = realm('b', { audiences: { user: 'urn:other' } });
    const answers = [verify(token, realm('a')), verify(token, other), verify(token, realm('a'))];
    expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled'],
    ]);
  });

  it('later is checked again, good or not', async () => {
    const token = await sign();
    const forged = await sign({}, {}, await createKey('first'));
    const twice = async (text: string) => {
      for (const _ of [1, 2]) await verify(text, realm()).catch(() => undefined);
    };
    expect(await checks(() => twice(token))).toBe(2);
    expect(await checks(() => twice(forged))).toBe(2);
  });
});
