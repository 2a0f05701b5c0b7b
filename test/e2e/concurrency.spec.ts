import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());

const patch = (id: string, body: object, headers?: Record<string, string>) =>
  app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body, headers });

/** How often each status came. */
function tally(answers: { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const mixedCase = (text: string, seed: number) =>
  Array.from(text, (c, i) => ((seed >> (i % 8)) & 1 ? c.toUpperCase() : c)).join('');

describe('writers at the same time', () => {
  it.each([
    ['primaryEmail', 'racing@example.com', 'primary_email_key', 'user.email_already_in_use'],
    ['username', 'racing_name', 'username_key', 'user.username_already_in_use'],
  ])(
    '200 of them race for one %s in mixed case: one gets it',
    async (field, value, column, code) => {
      const ids = await Promise.all(Array.from({ length: 200 }, () => insertUser(app)));
      const answers = await Promise.all(
        ids.map((id, index) => patch(id, { [field]: mixedCase(value, index) })),
      );
      expect(tally(answers)).toEqual({ 200: 1, 422: 199 });
      expect(new Set(answers.map(({ json }) => json.code))).toEqual(new Set([undefined, code]));
      const { rowCount } = await app.database.client.query(
        `SELECT FROM users WHERE ${column} = $1`,
        [value],
      );
      expect(rowCount).toBe(1);
    },
  );

  it('100 of them create the same user: one does', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        app.call({ method: 'POST', url: '/api/users', token, body: { id: 'same' } }),
      ),
    );
    expect(tally(answers)).toEqual({ 201: 1, 422: 99 });
  });

  it('100 of them have If-Match with one version: one writes, 99 get 412', async () => {
    const id = await insertUser(app);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        patch(id, { name: `writer ${index}` }, { 'if-match': '"1"' }),
      ),
    );
    expect(tally(answers)).toEqual({ 200: 1, 412: 99 });
    const winner = answers.find(({ status }) => status === 200);
    const { json, headers } = await app.call({ method: 'GET', url: `/api/users/${id}`, token });
    expect(json.name).toBe(winner?.json.name);
    expect(headers['etag']).toBe('"2"');
  });

  it('100 of them without If-Match are all applied, each with a version of its own', async () => {
    const id = await insertUser(app);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => patch(id, { name: `writer ${index}` })),
    );
    expect(tally(answers)).toEqual({ 200: 100 });
    expect(new Set(answers.map(({ headers }) => headers['etag'])).size).toBe(100);
  });

  it('two users swap their usernames both ways: never a 500', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [a, b] = [await insertUser(app), await insertUser(app)];
      const answers = await Promise.all([patch(a, { username: b }), patch(b, { username: a })]);
      for (const { status } of answers) expect([200, 422]).toContain(status);
    }
  });

  it('an update and a delete of the same user: both end cleanly', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await insertUser(app);
      const [patched, deleted] = await Promise.all([
        patch(id, { name: 'x' }),
        app.call({ method: 'DELETE', url: `/api/users/${id}`, token }),
      ]);
      expect([200, 404]).toContain(patched.status);
      expect(deleted.status).toBe(204);
      expect(await app.row(id)).toBeUndefined();
    }
  });

  it('a suspension and the suspended user: once it is there, no write of that user is', async () => {
    const id = await insertUser(app);
    const own = await app.issuer.userToken(id);
    const writes = Array.from({ length: 40 }, (_, index) =>
      app.call({ method: 'PATCH', url: '/api/profile', token: own, body: { name: `n${index}` } }),
    );
    await app.database.client.query(
      `UPDATE users SET is_suspended = true, version = version + 1 WHERE id = $1`,
      [id],
    );
    const suspended = await app.row(id);
    const answers = await Promise.all(writes);
    for (const { status } of answers) expect([200, 403]).toContain(status);
    expect(await app.row(id)).toBe(suspended);
  });
});
