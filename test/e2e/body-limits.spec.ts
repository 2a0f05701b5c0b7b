import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let id: string;
let tokens: Record<'user' | 'management', string>;
beforeAll(async () => {
  app = await TestApp.start();
  id = await insertUser(app);
  tokens = {
    user: await app.issuer.userToken(id),
    management: await app.issuer.managementToken(),
  };
});
afterAll(() => app.stop());

const send = (method: string, url: string, body: string) => {
  const token = tokens[url.startsWith('/api/profile') ? 'user' : 'management'];
  return app.call({ method, url: url.replace('{id}', id), token, body });
};

describe('a body', () => {
  it.each([
    ['PATCH', '/api/profile', 131_072],
    ['PATCH', '/api/profile/profile', 65_536],
    ['PATCH', '/api/users/{id}', 262_144],
    ['POST', '/api/users', 262_144],
    ['PATCH', '/api/users/{id}/custom-data', 262_144],
    ['PATCH', '/api/users/{id}/profile', 65_536],
    ['PATCH', '/api/users/{id}/is-suspended', 16_384],
    ['POST', '/api/users/{id}/password/verify', 16_384],
    ['PUT', '/api/users/{id}/identities/github', 65_536],
  ])('of %s %s has at most %i bytes', async (method, url, most) => {
    const before = await app.row(id);
    const large = await send(method, url, '{}'.padEnd(most + 1));
    expect(large.status).toBe(413);
    expect(large.json).toMatchObject({
      code: 'request.body_too_large',
      detail: `The body is larger than ${most} bytes.`,
    });
    expect((await send(method, url, '{'.padEnd(most))).status).toBe(400);
    expect(await app.row(id)).toBe(before);
  });

  it('has no more keys than could be kept, and is not looked at behind them', async () => {
    const keys = (count: number) =>
      Array.from({ length: count }, (_, n) => `"${n.toString(36)}":{}`).join();
    const many = await send('PATCH', '/api/users/{id}', `{"customData":{${keys(20_000)}},,,}`);
    expect(many.status).toBe(413);
    expect(many.json.detail).toBe('The body has more than 13654 keys.');
    const kept = await send('PATCH', '/api/users/{id}', `{"customData":{${keys(7_000)}}}`);
    expect(kept.status).toBe(200);
  });

  it('that is large waits for no other one longer than it may, and all are answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        send(
          'PATCH',
          '/api/users/{id}',
          JSON.stringify({ customData: { a: unique().repeat(1_500) } }),
        ),
      ),
    );
    for (const { status } of answers) expect(status).toBe(200);
  });
});

it('the API document says how large the body of each route may be', async () => {
  const { json } = await app.call({ method: 'GET', url: '/openapi.json' });
  const operations = Object.values(json.paths as Record<string, Record<string, any>>).flatMap(
    (path) => Object.values(path),
  );
  for (const operation of operations)
    if (operation.requestBody)
      expect({ [operation.operationId]: operation['x-max-body-bytes'] }).toEqual({
        [operation.operationId]: expect.any(Number),
      });
});
