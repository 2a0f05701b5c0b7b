import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { events } from '../support/events.js';
import { type Answer, TestApp } from '../support/test-app.js';
import { lockWaits } from '../support/lock-waits.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start({ SELF_SERVICE_PROVISIONING: 'on' });
  token = await app.issuer.managementToken();
  await app.app.listen(0, '127.0.0.1');
});
afterAll(() => app.stop());

interface Options {
  key?: string;
  bearer?: string;
  headers?: Record<string, string>;
}

const call = (method: string, url: string, body?: unknown, options: Options = {}) => {
  const { key, bearer = token, headers = {} } = options;
  const all = { ...headers, ...(key !== undefined && { 'idempotency-key': key }) };
  return app.call({ method, url, token: bearer, body, headers: all });
};
const historyOf = async (id: string) => events(await call('GET', `/api/users/${id}/events`));
const isReplayed = ({ headers }: Answer) => headers['idempotency-replayed'] === 'true';

/** What must be the same in an answer that comes again. */
const essence = ({ status, text, headers: { etag, location, vary } }: Answer) => ({
  status,
  text,
  etag,
  location,
  vary,
});

describe('the same request with the same Idempotency-Key', () => {
  it.each<[string, string, (id: string) => unknown]>([
    ['PATCH', '/:id', () => ({ name: unique() })],
    ['PATCH', '/:id/custom-data', () => ({ customData: { a: unique() } })],
    ['POST', '', () => ({ username: unique() })],
    ['PUT', '/:id/identities/github', () => ({ userId: unique() })],
    ['DELETE', '/:id', () => undefined],
  ])('is done once and answered alike: %s /api/users%s', async (method, path, bodyOf) => {
    const id = await insertUser(app);
    const key = unique();
    const url = `/api/users${path.replace(':id', id)}`;
    const body = bodyOf(id);
    const first = await call(method, url, body, { key });
    expect(first.status).toBeLessThan(300);
    const again = await call(method, url, body, { key });
    expect(essence(again)).toEqual(essence(first));
    expect([isReplayed(first), isReplayed(again)]).toEqual([false, true]);
    expect(await historyOf(first.json?.id ?? id)).toHaveLength(1);
  });

  it('is answered as it was, whatever came in between', async () => {
    const id = await insertUser(app);
    const key = unique();
    const patch = () => call('PATCH', `/api/users/${id}`, { name: 'first' }, { key });
    const first = await patch();
    await call('PATCH', `/api/users/${id}`, { name: 'second' });
    expect(essence(await patch())).toEqual(essence(first));
    expect((await call('GET', `/api/users/${id}`)).json.name).toBe('second');
  });

  it('keeps a refusal that was decided on the stored user', async () => {
    const [id, other] = [await insertUser(app), await insertUser(app)];
    const [one, two] = [unique(), unique()];
    const taken = () => call('PATCH', `/api/users/${id}`, { username: other }, { key: one });
    const stale = () =>
      call(
        'PATCH',
        `/api/users/${id}`,
        { name: 'x' },
        { key: two, headers: { 'if-match': '"2"' } },
      );
    expect((await taken()).json.code).toBe('user.username_already_in_use');
    expect((await stale()).status).toBe(412);
    await call('DELETE', `/api/users/${other}`);
    await call('PATCH', `/api/users/${id}`, { name: 'y' });
    for (const again of [await taken(), await stale()]) expect(isReplayed(again)).toBe(true);
    expect((await taken()).json.errors[0].pointer).toBe('/username');
    expect((await call('GET', `/api/users/${id}`)).json).toMatchObject({ username: id, name: 'y' });
  });

  it('does not use up the key when the body was invalid', async () => {
    const id = await insertUser(app);
    const key = unique();
    expect((await call('PATCH', `/api/users/${id}`, { name: 5 }, { key })).status).toBe(400);
    expect((await call('PATCH', `/api/users/${id}`, { name: 'x' }, { key })).status).toBe(200);
  });

  it('is done again after 24 hours', async () => {
    const id = await insertUser(app);
    const key = unique();
    const patch = (name: string) => call('PATCH', `/api/users/${id}`, { name }, { key });
    await patch('before');
    expect((await patch('after')).status).toBe(422);
    const { rows } = await app.database.client.query<{ hours: string }>(
      `SELECT round(extract(epoch FROM expires_at - now()) / 3600) AS hours
       FROM idempotency_keys WHERE user_id = $1`,
      [id],
    );
    expect(rows.map(({ hours }) => Number(hours))).toEqual([24]);
    await app.database.client.query(
      `UPDATE idempotency_keys SET expires_at = now() - interval '1 second' WHERE user_id = $1`,
      [id],
    );
    expect((await patch('after')).json.name).toBe('after');
    expect(isReplayed(await patch('after'))).toBe(true);
  });

  it('by 30 callers at once is one change', async () => {
    const id = await insertUser(app);
    const key = unique();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        call('PATCH', `/api/users/${id}`, { name: 'once' }, { key }),
      ),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ status }) => ![200, 409].includes(status))).toEqual([]);
    expect(done.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(await historyOf(id)).toHaveLength(1);
  });

  it('whose connection was cut before the answer is one change, one event, the same answer', async () => {
    const id = await insertUser(app);
    const key = unique();
    const { port } = new URL(await app.app.getUrl());
    const body = JSON.stringify({ name: 'cut' });
    // The row is held until the connection is gone, so the answer cannot have been sent.
    await app.database.client.query('BEGIN');
    await app.database.client.query(
      "SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE",
      [id],
    );
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PATCH /api/users/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
        `Idempotency-Key: ${key}\r\n\r\n${body}`,
    );
    await lockWaits(app, 1);
    socket.destroy();
    await sleep(100);
    await app.database.client.query('ROLLBACK');
    let again = await call('PATCH', `/api/users/${id}`, { name: 'cut' }, { key });
    while (again.status === 409) {
      await sleep(50);
      again = await call('PATCH', `/api/users/${id}`, { name: 'cut' }, { key });
    }
    expect(again.status).toBe(200);
    expect(isReplayed(again)).toBe(true);
    expect(again.json).toMatchObject({ id, name: 'cut' });
    expect(again.headers['etag']).toBe('"2"');
    expect(await historyOf(id)).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  it('that is used for another request is 422, and nothing is done', async () => {
    const [id, other] = [await insertUser(app), await insertUser(app)];
    const key = unique();
    await call('PATCH', `/api/users/${id}`, { name: 'x' }, { key });
    const wrong = [
      await call('PATCH', `/api/users/${id}`, { name: 'y' }, { key }),
      await call('PATCH', `/api/users/${other}`, { name: 'x' }, { key }),
      await call('DELETE', `/api/users/${id}`, undefined, { key }),
      await call('PATCH', `/api/users/${id}`, { name: 'x' }, { key, headers: { 'if-match': '*' } }),
      await call(
        'PATCH',
        `/api/users/${id}`,
        { name: 'x' },
        { key, headers: { 'content-type': 'application/merge-patch+json' } },
      ),
    ];
    for (const answer of wrong) expect(answer.json.code).toBe('request.idempotency_key_mismatch');
    expect(await historyOf(id)).toHaveLength(1);
    expect(await historyOf(other)).toEqual([]);
  });

  it('belongs to its caller: others may use the same', async () => {
    const id = await insertUser(app);
    const key = unique();
    const callers = [
      { sub: 'a', client_id: 'x' },
      { sub: 'b', client_id: 'x' },
      { sub: 'a', client_id: 'y' },
    ];
    for (const [index, claims] of callers.entries()) {
      const bearer = await app.issuer.managementToken(claims);
      const answer = await call('PATCH', `/api/users/${id}`, { name: `${index}` }, { key, bearer });
      expect(answer.json.name).toBe(String(index));
    }
  });

  it('does not show more than the token of this request may see', async () => {
    const id = await insertUser(app);
    const key = unique();
    const patch = async (scope: string) =>
      call(
        'PATCH',
        '/api/profile',
        { name: 'me' },
        { key, bearer: await app.issuer.userToken(id, { scope }) },
      );
    expect((await patch('profile email')).json).toHaveProperty('primaryEmail');
    const narrower = await patch('profile');
    expect(narrower.headers['idempotency-replayed']).toBe('true');
    expect(narrower.json).not.toHaveProperty('primaryEmail');
    expect(narrower.json.profile).toEqual({ nickname: 'before' });
    // What the first answer did not show is not there for a wider token either.
    expect((await patch('email profile')).json).toHaveProperty('primaryEmail');
    const claims = { nickname: 'x' };
    const own = unique();
    const patchClaims = async (scope: string) =>
      call('PATCH', '/api/profile/profile', claims, {
        key: own,
        bearer: await app.issuer.userToken(id, { scope }),
      });
    expect((await patchClaims('profile address')).json).toHaveProperty('address');
    expect((await patchClaims('profile')).json).toEqual({ nickname: 'x' });
  });

  it.each([
    ['keys in another order', '{"customData":{"b":[{"y":1,"x":2}],"a":1},"name":"n"}'],
    [
      'white space and escapes',
      '{ "name": "\\u006e", "customData": {"a":1.0,"b":[{"x":2e0,"y":1}]} }',
    ],
  ])('is the same request with %s', async (_, body) => {
    const id = await insertUser(app);
    const key = unique();
    const first = await call(
      'PATCH',
      `/api/users/${id}`,
      { name: 'n', customData: { a: 1, b: [{ x: 2, y: 1 }] } },
      { key },
    );
    const again = await call(
      'PATCH',
      `/api/users/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
      body,
      { key },
    );
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it.each([
    ['another value', { name: 'n', customData: { a: [2, 1] } }],
    ['a list in another order', { name: 'n', customData: { a: [1, 2, 3] } }],
    ['one key less', { name: 'n' }],
  ])('is another request with %s', async (_, body) => {
    const id = await insertUser(app);
    const key = unique();
    await call('PATCH', `/api/users/${id}`, { name: 'n', customData: { a: [1, 2] } }, { key });
    const again = await call('PATCH', `/api/users/${id}`, body, { key });
    expect(again.json.code).toBe('request.idempotency_key_mismatch');
  });

  it('of a request that still runs is 409 with Retry-After', async () => {
    const id = await insertUser(app);
    const key = unique();
    const patch = () => call('PATCH', `/api/users/${id}`, { name: 'slow' }, { key });
    await app.database.client.query('BEGIN');
    await app.database.client.query(
      "SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE",
      [id],
    );
    const first = patch();
    await sleep(200);
    const second = await patch();
    await app.database.client.query('ROLLBACK');
    expect(second.json.code).toBe('request.idempotency_key_in_use');
    expect(second.headers['retry-after']).toBe('1');
    expect((await first).status).toBe(200);
    expect(isReplayed(await patch())).toBe(true);
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(256)])('%j is 400', async (key) => {
    const answer = await call('POST', '/api/users', {}, { key });
    expect(answer.json.code).toBe('request.invalid_header');
  });

  it('is not stored, nor anything that a password could be guessed by without it', async () => {
    const id = await insertUser(app);
    const [key, password] = [unique('key'), unique('password')];
    const url = `/api/users/${id}/password`;
    expect((await call('PATCH', url, { password }, { key })).status).toBe(200);
    expect((await call('POST', `${url}/verify`, { password }, { key: `${key}2` })).status).toBe(
      204,
    );
    expect((await call('PATCH', url, { password: 'other' }, { key })).status).toBe(422);
    const { rows } = await app.database.client.query<{ all: string }>(
      `SELECT string_agg(k::text, '') AS all FROM idempotency_keys k`,
    );
    expect(rows[0]?.all).not.toContain(key);
    expect(rows[0]?.all).not.toContain(password);
  });

  it('does not let a suspended user see an answer again', async () => {
    const id = await insertUser(app);
    const options = { key: unique(), bearer: await app.issuer.userToken(id) };
    const patch = () => call('PATCH', '/api/profile', { name: 'me' }, options);
    expect((await patch()).status).toBe(200);
    await call('PATCH', `/api/users/${id}/is-suspended`, { isSuspended: true });
    expect((await patch()).json.code).toBe('user.suspended');
  });

  it('works with a first call that makes its user, also when a claim is taken', async () => {
    const taken = await insertUser(app);
    const sub = unique();
    const claims = { preferred_username: taken, name: 'Claimed' };
    const options = { key: unique(), bearer: await app.issuer.userToken(sub, claims) };
    const patch = () =>
      call('PATCH', '/api/profile', { avatar: 'https://example.com/a.png' }, options);
    const first = await patch();
    expect(first.json).toMatchObject({ id: sub, name: 'Claimed', username: null });
    expect(essence(await patch())).toEqual(essence(first));
    const types = (await historyOf(sub)).map(({ type }) => type);
    expect(types).toEqual(['User.Data.Updated', 'User.Created']);
  });

  it('of an impossible user is as without a key', async () => {
    const paths = [
      '/api/users/%00',
      `/api/users/${'x'.repeat(256)}`,
      '/api/users/a%20b/custom-data',
    ];
    for (const url of paths) {
      const body = url.endsWith('data') ? { customData: {} } : { name: 'x' };
      expect((await call('PATCH', url, body, { key: unique() })).status).toBe(404);
      if (!url.endsWith('data'))
        expect(
          (await call('DELETE', `${url}?erase=true`, undefined, { key: unique() })).status,
        ).toBe(404);
    }
    const bearer = await app.issuer.userToken('y'.repeat(300));
    const own = await call('PATCH', '/api/profile', { name: 'x' }, { key: unique(), bearer });
    expect(own.status).toBe(404);
  });

  it('that erased a user is answered again, also when another one has erased him since', async () => {
    const url = `/api/users/${await insertUser(app)}?erase=true`;
    const key = unique();
    expect((await call('DELETE', url, undefined, { key })).status).toBe(204);
    await call('DELETE', url);
    const again = await call('DELETE', url, undefined, { key });
    expect(again.status).toBe(204);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('leaves nothing of a user who is erased at the same moment', async () => {
    for (let round = 0; round < 15; round += 1) {
      const id = await insertUser(app, { name: unique('private') });
      const keys = Array.from({ length: 6 }, () => unique());
      const patches = keys.map((key) => call('PATCH', `/api/users/${id}`, {}, { key }));
      await sleep(round % 4);
      expect((await call('DELETE', `/api/users/${id}?erase=true`)).status).toBe(204);
      await Promise.all(patches);
      for (const key of keys)
        expect((await call('PATCH', `/api/users/${id}`, {}, { key })).text).not.toContain(
          'private',
        );
    }
  });

  it('that times out in the database leaves no connection with an open transaction', async () => {
    const [id, other] = [await insertUser(app), await insertUser(app)];
    await app.database.client.query('BEGIN');
    await app.database.client.query(
      "SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE",
      [id],
    );
    const begin = Date.now();
    const stuck = await Promise.all([
      call('PATCH', `/api/users/${id}`, { name: 'x' }, { key: unique() }),
      call('PATCH', `/api/users/${id}?dryRun=true`, { name: 'x' }),
      call('PUT', `/api/users/${id}/identities/github`, { userId: unique() }),
    ]);
    expect(stuck.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(Date.now() - begin).toBeLessThan(40_000);
    await app.database.client.query('ROLLBACK');
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => call('PATCH', `/api/users/${other}`, { name: `n${n}` })),
    );
    const { rows } = await app.database.client.query<{ version: string }>(
      'SELECT version FROM users WHERE id = $1',
      [other],
    );
    expect(rows[0]?.version).toBe('31');
    const open = await app.database.client.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = $1 AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()`,
      [app.database.name],
    );
    expect(open.rowCount).toBe(0);
  });

  it('is forgotten when the database refuses the commit, and the change with it', async () => {
    const id = await insertUser(app);
    const key = unique();
    await app.database.client.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
    );
    await app.database.client.query(
      `CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON idempotency_keys
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    const patch = () => call('PATCH', `/api/users/${id}`, { name: 'x' }, { key });
    expect((await patch()).status).toBe(500);
    await app.database.client.query('DROP TRIGGER refuse ON idempotency_keys');
    expect(await historyOf(id)).toEqual([]);
    const second = await patch();
    expect([second.status, isReplayed(second)]).toEqual([200, false]);
  });
});

describe('requests with keys that come together', () => {
  const patch = (id: string, body: object, key: string, headers: Record<string, string> = {}) =>
    call('PATCH', `/api/users/${id}`, body, { key, headers });
  const usersOf = (length: number) => Promise.all(Array.from({ length }, () => insertUser(app)));

  /** Ten that have nothing to do with the others, among them, and each of them done once. */
  async function beside<Result>(others: () => Promise<Result>[]): Promise<Result[]> {
    const ids = await usersOf(10);
    const keys = ids.map(() => unique());
    const all = () => ids.map((id, n) => patch(id, { name: `n${n}` }, keys[n] ?? ''));
    const first = all();
    const strange = others();
    for (const [n, { status, json }] of (await Promise.all(first)).entries())
      expect([status, json.name]).toEqual([200, `n${n}`]);
    const again = await Promise.all(all());
    expect(again.map(essence)).toEqual((await Promise.all(first)).map(essence));
    expect(again.every(isReplayed)).toBe(true);
    for (const id of ids) expect(await historyOf(id)).toHaveLength(1);
    return Promise.all(strange);
  }

  it('have each its own outcome, and have it again', async () => {
    const suspended = await insertUser(app, { is_suspended: true });
    const current = await insertUser(app, { version: 3 });
    const [a, b] = [await insertUser(app), await insertUser(app)];
    const taken = unique();
    await insertUser(app, { username: taken, username_key: taken });
    const own = await app.issuer.userToken(suspended);
    const keys = Array.from({ length: 8 }, () => unique());
    const wanted = unique();
    const all = () => [
      patch('nobody', { name: 'x' }, keys[0] ?? ''),
      patch(current, { name: 'x' }, keys[1] ?? '', { 'if-match': '"2"' }),
      call('PATCH', '/api/profile', { name: 'x' }, { key: keys[2] ?? '', bearer: own }),
      patch(a, { username: taken }, keys[3] ?? ''),
      patch(a, { username: wanted }, keys[4] ?? ''),
      patch(b, { username: wanted }, keys[5] ?? ''),
    ];
    const answers = await beside(all);
    const codes = answers.map(({ status, json }) => json.code ?? status);
    expect(codes.slice(0, 4)).toEqual([
      'entity.not_found',
      'request.precondition_failed',
      'user.suspended',
      'user.username_already_in_use',
    ]);
    expect(codes.slice(4).sort()).toEqual([200, 'user.username_already_in_use']);
    const again = await Promise.all(all());
    expect(again.map(({ status, json }) => json.code ?? status)).toEqual(codes);
  });

  it('that are done, and then again for the sake of another, show nothing of the first time', async () => {
    const [id = ''] = await usersOf(1);
    const taken = unique();
    await insertUser(app, { username: taken, username_key: taken });
    const [first, second] = await beside(() => [
      patch(id, { name: 'first' }, unique()),
      patch(id, { username: taken }, unique()),
    ]);
    expect(first).toMatchObject({ status: 200, headers: { etag: '"2"', vary: 'Authorization' } });
    expect(second?.json.code).toBe('user.username_already_in_use');
  });

  it('wait for no row and no key that another transaction holds', async () => {
    const [held = '', other = ''] = await usersOf(2);
    const client = new Client(app.database.url);
    await client.connect();
    const [key, otherKey] = [unique(), unique()];
    await client.query('BEGIN');
    await client.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
      held,
    ]);
    // It holds its key as long as the row is held.
    const first = patch(held, { name: 'held' }, key);
    await lockWaits(app, 1);
    let isThere = false;
    const waiting = patch(held, { name: 'later' }, otherKey).finally(() => (isThere = true));
    const [same, free] = await beside(() => [
      patch(held, { name: 'held' }, key),
      patch(other, { name: 'free' }, unique()),
    ]);
    expect(same?.json.code).toBe('request.idempotency_key_in_use');
    expect(free?.json.name).toBe('free');
    expect(isThere).toBe(false);
    await client.query('COMMIT');
    await client.end();
    expect([(await first).status, (await waiting).status]).toEqual([200, 200]);
    expect(isReplayed(await patch(held, { name: 'held' }, key))).toBe(true);
  });

  it('wait for no user name that another transaction writes, nor for the row that it is of', async () => {
    const [writer = '', wants = ''] = await usersOf(2);
    const [username, key] = [unique(), unique()];
    const client = new Client(app.database.url);
    await client.connect();
    await client.query('BEGIN');
    await client.query('UPDATE users SET username = $2, username_key = $2 WHERE id = $1', [
      writer,
      username,
    ]);
    let isThere = false;
    const waiting: Promise<Answer>[] = [];
    await beside(() => {
      waiting.push(patch(wants, { username }, key).finally(() => (isThere = true)));
      waiting.push(patch(writer, { name: 'x' }, unique()).finally(() => (isThere = true)));
      return [];
    });
    await lockWaits(app, 2);
    expect(isThere).toBe(false);
    await client.query('ROLLBACK');
    await client.end();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
    expect(isReplayed(await patch(wants, { username }, key))).toBe(true);
  });

  it('do once what comes twice', async () => {
    const [id = ''] = await usersOf(1);
    const key = unique();
    const answers = await beside(() =>
      Array.from({ length: 4 }, () => patch(id, { name: 'once' }, key)),
    );
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect(answers.filter((answer) => answer.status === 200 && !isReplayed(answer))).toHaveLength(
      1,
    );
    expect(await historyOf(id)).toHaveLength(1);
  });

  it('are done with their answers or not at all when the connection is cut', async () => {
    const ids = await usersOf(16);
    const keys = ids.map(() => unique());
    const all = () => Promise.all(ids.map((id, n) => patch(id, { name: `n${n}` }, keys[n] ?? '')));
    const first = all();
    await app.database.disconnectOthers();
    for (const { status } of await first) expect([200, 503]).toContain(status);
    for (const { status, json } of await all()) {
      expect(status).toBe(200);
      expect(await historyOf(json.id)).toHaveLength(1);
    }
  });
});
