import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

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
