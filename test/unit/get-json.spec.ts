import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { causeOf, getJson } from '../../src/auth/get-json.js';
import { TestIssuer } from '../support/test-issuer.js';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await TestIssuer.start();
});
afterAll(() => issuer.stop());

const get = (answer: (response: ServerResponse) => void) => {
  issuer.answerKeys = answer;
  return getJson(`${issuer.url}/jwks`);
};
const told = (text: string) => `${new URL(issuer.url).host}/jwks: ${text}`;
/** A JSON object of so many bytes. */
const sized = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;

describe('getJson', () => {
  it('asks for JSON', async () => {
    const echo = (response: ServerResponse) =>
      response.end(JSON.stringify({ accepts: response.req.headers.accept }));
    expect(await get(echo)).toEqual({ accepts: 'application/json' });
  });

  it('takes a mebibyte, and no byte more', async () => {
    expect(await get((response) => response.end(sized(1_048_576)))).toHaveProperty('a');
    await expect(get((response) => response.end(sized(1_048_577)))).rejects.toThrow(
      told('it answered more than 1048576 bytes.'),
    );
  });

  it.each(['[]', 'null', '5', '{', ''])('takes no %j', async (text) => {
    await expect(get((response) => response.end(text))).rejects.toThrow(
      told('it answered no JSON object.'),
    );
  });

  it.each([201, 204, 301, 404, 500])(
    'is told the status %s, if it is none of success',
    async (status) => {
      const answer = get((response) => response.writeHead(status).end('{}'));
      if (status === 201) expect(await answer).toEqual({});
      else if (status > 299) await expect(answer).rejects.toThrow(told(`it answered ${status}.`));
      else await expect(answer).rejects.toThrow(told('it answered no JSON object.'));
    },
  );

  it.each<[unknown, string]>([
    [new Error('it answered 500', { cause: new Error('x') }), 'it answered 500'],
    [new TypeError('fetch failed'), 'fetch failed'],
    [new TypeError('fetch failed', { cause: new Error('other side closed') }), 'other side closed'],
    [
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      }),
      'ECONNREFUSED',
    ],
  ])('is told what is behind %p: %s', (error, cause) => {
    expect(causeOf(error)).toBe(cause);
  });

  it('keeps why, and does not name what may be secret', async () => {
    const failure = getJson('http://127.0.0.1:1/keys?secret=1');
    await expect(failure).rejects.toThrow(/^127\.0\.0\.1:1\/keys: /);
    await expect(failure).rejects.toHaveProperty('cause.message', 'fetch failed');
    await expect(failure).rejects.not.toThrow('secret');
  });
});
