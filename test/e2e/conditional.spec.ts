import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await TestApp.start();
});
beforeEach(async () => {
  id = await insertUser(app, { version: 7 });
});
afterAll(() => app.stop());

const endpoints = [
  ['/api/profile', () => '/api/profile', () => app.issuer.userToken(id)],
  ['/api/users/{userId}', () => `/api/users/${id}`, () => app.issuer.managementToken()],
] as const;

describe.each(endpoints)('PATCH %s with If-Match', (_, url, token) => {
  const patch = async (ifMatch: string, body: unknown = { name: 'After' }) =>
    app.call({
      method: 'PATCH',
      url: url(),
      token: await token(),
      body,
      headers: { 'if-match': ifMatch },
    });

  it.each(['"7"', '*', '"1", "7"', '"x","7"', '  "7"  ', 'W/"7", "7"'])(
    'writes for %s',
    async (tag) => {
      const answer = await patch(tag);
      expect(answer.status).toBe(200);
      expect(answer.headers['etag']).toBe('"8"');
    },
  );

  it.each(['"6"', '"8"', 'W/"7"', '""', '"07"', '"x"', '"6", "8"'])(
    'answers 412 for %s and changes nothing',
    async (tag) => {
      const before = await app.row(id);
      for (const body of [{ name: 'After' }, { name: 'Before' }, {}]) {
        const answer = await patch(tag, body);
        expect(answer.status).toBe(412);
        expect(answer.json.code).toBe('request.precondition_failed');
      }
      expect(await app.row(id)).toBe(before);
    },
  );

  it.each(['7', '', '"7', '7"', '"7" "8"', '"7",', '*, "7"', 'w/"7"', "'7'"])(
    'answers 400 for the malformed %j',
    async (tag) => {
      const before = await app.row(id);
      const answer = await patch(tag);
      expect(answer.status).toBe(400);
      expect(answer.json.code).toBe('request.invalid_header');
      expect(await app.row(id)).toBe(before);
    },
  );

  it('raises the version with each write that changes something, and only then', async () => {
    expect((await patch('*', { name: 'a' })).headers['etag']).toBe('"8"');
    expect((await patch('*', { name: 'a' })).headers['etag']).toBe('"8"');
    expect((await patch('*', { name: 'b' })).headers['etag']).toBe('"9"');
  });
});

describe.each(endpoints)('GET %s with If-None-Match', (_, url, token) => {
  const get = async (tag: string, method = 'GET') =>
    app.call({ method, url: url(), token: await token(), headers: { 'if-none-match': tag } });

  it.each(['"7"', 'W/"7"', '*', '"1", "7"'])('answers 304 for %s, without a body', async (tag) => {
    const answer = await get(tag);
    expect(answer).toMatchObject({ status: 304, text: '' });
    expect(answer.headers['etag']).toBe('"7"');
    expect((await get(tag, 'HEAD')).status).toBe(304);
  });

  it('answers the user who has another version', async () => {
    expect((await get('"6"')).json.id).toBe(id);
  });

  it('answers 400 for a malformed tag', async () => {
    expect((await get('7')).json.code).toBe('request.invalid_header');
  });
});

describe.each(endpoints)('PATCH %s with If-None-Match', (_, url, token) => {
  const patch = async (tag: string, body: unknown = { name: 'After' }, more = {}) =>
    app.call({
      method: 'PATCH',
      url: url(),
      token: await token(),
      body,
      headers: { 'if-none-match': tag, ...more },
    });

  it.each(['*', '"7"', 'W/"7"', '"1", "7"'])(
    'answers 412 for %s and changes nothing',
    async (tag) => {
      const before = await app.row(id);
      for (const more of [{}, { 'idempotency-key': unique() }])
        for (const body of [{ name: 'After' }, { name: 'Before' }, {}]) {
          const answer = await patch(tag, body, body.name === 'After' ? more : {});
          expect(answer.json).toMatchObject({ status: 412, code: 'request.precondition_failed' });
          expect(answer.json.detail).toContain('If-None-Match');
        }
      expect(await app.row(id)).toBe(before);
    },
  );

  it.each(['"6"', '"*"', 'W/"8"'])('writes for %s', async (tag) => {
    expect((await patch(tag)).headers['etag']).toBe('"8"');
  });

  it('answers 400 for a malformed one, and looks at If-Match first', async () => {
    expect((await patch('7')).json.code).toBe('request.invalid_header');
    const answer = await patch('"7"', {}, { 'if-match': '"6"' });
    expect(answer.json.detail).toContain('If-Match');
  });

  it('says of a weak tag in If-Match that it is weak', async () => {
    const weak = await patch('"1"', { name: 'x' }, { 'if-match': 'W/"7"' });
    expect(weak.json).toMatchObject({ status: 412, detail: expect.stringContaining('weak') });
    const other = await patch('"1"', { name: 'x' }, { 'if-match': '"6"' });
    expect(other.json.detail).not.toContain('weak');
  });
});

describe('If-None-Match on every other write', () => {
  it.each([
    ['PATCH', '/custom-data', { customData: { a: 1 } }],
    ['PATCH', '/profile', { profile: { a: 1 } }],
    ['PATCH', '/is-suspended', { isSuspended: true }],
    ['PATCH', '/sign-in', { lastSignInAt: 5 }],
    ['PATCH', '/password', { password: 'x' }],
    ['PUT', '/identities/x', { userId: 'y' }],
    ['PUT', '/sso-identities/x', { issuer: 'y', identityId: 'z' }],
    ['DELETE', '/identities/x', undefined],
    ['DELETE', '', undefined],
    ['DELETE', '?erase=true', undefined],
  ])('is kept to by %s …%s', async (method, path, body) => {
    const token = await app.issuer.managementToken();
    const call = (tag: string) =>
      app.call({
        method,
        url: `/api/users/${id}${path}`,
        token,
        body,
        headers: { 'if-none-match': tag },
      });
    const before = await app.row(id);
    for (const tag of ['*', 'W/"7"']) expect((await call(tag)).status).toBe(412);
    expect((await call('7')).status).toBe(400);
    expect(await app.row(id)).toBe(before);
    expect((await call('"1"')).status).toBeLessThan(405);
  });

  it('is kept to by hooks, and weak tags are told there, too', async () => {
    const token = await app.issuer.managementToken();
    const made = await app.call({
      method: 'POST',
      url: '/api/hooks',
      token,
      body: { url: 'https://example.com/x' },
    });
    const call = (method: string, path: string, headers: Record<string, string>) =>
      app.call({
        method,
        url: `${made.location}${path}`,
        token,
        body: method === 'PATCH' ? { enabled: false } : undefined,
        headers,
      });
    for (const [method, path] of [
      ['PATCH', ''],
      ['POST', '/rotate-secret'],
      ['DELETE', ''],
    ] as const) {
      expect((await call(method, path, { 'if-none-match': '*' })).status).toBe(412);
      const weak = await call(method, path, { 'if-match': 'W/"1"' });
      expect(weak.json.detail).toContain('weak');
    }
  });

  it('asks of a POST that there is no user with the id', async () => {
    const token = await app.issuer.managementToken();
    const post = (body: object) =>
      app.call({
        method: 'POST',
        url: '/api/users',
        token,
        body,
        headers: { 'if-none-match': '*' },
      });
    expect((await post({})).status).toBe(201);
    expect((await post({ id })).json).toMatchObject({
      code: 'request.precondition_failed',
      detail: 'There is a user with this id.',
    });
    // Of an id that is free, what is in use is told as ever.
    expect((await post({ username: id })).json.code).toBe('user.username_already_in_use');
  });
});

describe('DELETE /api/users/{userId} with If-Match', () => {
  const remove = async (tag: string) =>
    app.call({
      method: 'DELETE',
      url: `/api/users/${id}`,
      token: await app.issuer.managementToken(),
      headers: { 'if-match': tag },
    });

  it('deletes the version that it names, and no other', async () => {
    const before = await app.row(id);
    expect((await remove('"6"')).status).toBe(412);
    expect((await remove('W/"7"')).status).toBe(412);
    expect((await remove('7')).status).toBe(400);
    expect(await app.row(id)).toBe(before);
    expect((await remove('"7"')).status).toBe(204);
    expect((await remove('*')).status).toBe(404);
  });
});
