import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { events } from '../support/events.js';
import { type Answer, TestApp } from '../support/test-app.js';
import { countLockWaits, lockWaits } from '../support/lock-waits.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
let holder: Client;
let ids: string[];
beforeAll(async () => {
  app = await TestApp.start({ SELF_SERVICE_PROVISIONING: 'off' });
  token = await app.issuer.managementToken();
  holder = new Client(app.database.url);
  holder.on('error', () => undefined);
  await holder.connect();
  ids = [];
  for (let n = 0; n < 20; n += 1) ids.push(await insertUser(app));
});
afterAll(async () => {
  await holder.end().catch(() => undefined);
  await app.stop();
});

const patch = (id: string, body: unknown, headers: Record<string, string> = {}, path = '') =>
  app.call({ method: 'PATCH', url: `/api/users/${id}${path}`, token, body, headers });
const create = (body: unknown, headers: Record<string, string> = {}, query = '') =>
  app.call({ method: 'POST', url: `/api/users${query}`, token, body, headers });
const remove = (id: string, headers: Record<string, string> = {}, query = '') =>
  app.call({ method: 'DELETE', url: `/api/users/${id}${query}`, token, headers });
const get = (id: string) => app.call({ method: 'GET', url: `/api/users/${id}`, token });
const history = async (id: string) =>
  events(await app.call({ method: 'GET', url: `/api/users/${id}/events`, token }));

/** As many writers as there are users, at the same time, beside the requests that are given. */
async function beside(others: () => Promise<Answer>[]): Promise<Answer[]> {
  const names = ids.map(() => unique());
  const first = ids.slice(0, 10).map((id, index) => patch(id, { name: names[index] }));
  const strange = others();
  const rest = ids.slice(10).map((id, index) => patch(id, { name: names[index + 10] }));
  const answers = await Promise.all([...first, ...rest]);
  for (const [index, answer] of answers.entries())
    expect(answer).toMatchObject({ status: 200, json: { id: ids[index], name: names[index] } });
  return Promise.all(strange);
}

describe('among patches that come together', () => {
  it('each has its own outcome', async () => {
    const [current, suspended, big] = await Promise.all([
      insertUser(app, { version: 3 }),
      insertUser(app, { is_suspended: true }),
      insertUser(app, { custom_data: { big: 'x'.repeat(60_000) } }),
    ]);
    const own = await app.issuer.userToken(suspended);
    const answers = await beside(() => [
      patch('nobody', { name: 'x' }),
      patch(current, { name: 'x' }, { 'if-match': '"2"' }),
      app.call({ method: 'PATCH', url: '/api/profile', token: own, body: { name: 'x' } }),
      patch(big, { customData: { more: 'y'.repeat(7_000) } }, {}, '/custom-data'),
      patch(ids[0] ?? '', { name: 5 }),
    ]);
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      [404, 'entity.not_found'],
      [412, 'request.precondition_failed'],
      [403, 'user.suspended'],
      [422, 'user.custom_data_too_large'],
      [400, 'guard.invalid_input'],
    ]);
  });

  it('those that change nothing, and those that change something else, are told so', async () => {
    const same = await insertUser(app, { version: 5 });
    const merged = await insertUser(app);
    const replacedId = await insertUser(app, { custom_data: { before: true, c: { d: 1 } } });
    const [unchanged, custom, replaced, part] = await beside(() => [
      patch(same, { name: 'Before' }),
      patch(merged, { customData: { a: 1 } }, {}, '/custom-data'),
      patch(
        replacedId,
        { customData: { before: null, c: { d: null, e: 1 } } },
        { 'content-type': 'application/merge-patch+json' },
      ),
      patch(same, { isSuspended: true }, {}, '/is-suspended'),
    ]);
    expect(unchanged?.headers['etag']).toBe('"5"');
    expect(custom?.json).toEqual({ before: true, a: 1 });
    expect(replaced?.json.customData).toEqual({ c: { e: 1 } });
    expect(part).toMatchObject({ status: 200, json: { isSuspended: true } });
    expect((await history(same)).map(({ type }) => type)).toEqual([
      'User.SuspensionStatus.Updated',
    ]);
  });

  it.each(['username', 'primaryEmail', 'primaryPhone'])(
    'a %s that is taken fails its own patch alone, also when two want the same new one',
    async (field) => {
      const value = () =>
        field === 'username'
          ? unique()
          : field === 'primaryEmail'
            ? `${unique()}@example.com`
            : `614${String(Math.random()).slice(2, 10)}`;
      const taken = value();
      const wanted = value();
      await patch(await insertUser(app), { [field]: taken });
      const [one, two, three, free] = await Promise.all(
        Array.from({ length: 4 }, () => insertUser(app)),
      );
      const answers = await beside(() => [
        patch(one ?? '', { [field]: taken }),
        patch(two ?? '', { [field]: wanted }),
        patch(three ?? '', { [field]: wanted }),
        patch(free ?? '', { [field]: value() }),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses[0]).toBe(422);
      expect(statuses.slice(1, 3).sort()).toEqual([200, 422]);
      expect(statuses[3]).toBe(200);
    },
  );

  it('a row that another transaction holds holds up its own writers only', async () => {
    const held = await insertUser(app);
    await holder.query('BEGIN');
    await holder.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
      held,
    ]);
    const waiting: Promise<Answer>[] = [];
    let arrived = 0;
    for (let n = 0; n < 50; n += 1)
      waiting.push(patch(held, { name: `n${n}` }).finally(() => (arrived += 1)));
    for (let round = 0; round < 5; round += 1) await beside(() => []);
    expect(arrived).toBe(0);
    expect((await get(held)).json.name).toBe('Before');
    expect(await countLockWaits(app)).toBe(1);
    await holder.query('COMMIT');
    const versions = (await Promise.all(waiting)).map(({ headers }) => headers['etag']);
    // In the order in which they came.
    expect(versions).toEqual(waiting.map((_, n) => `"${n + 2}"`));
  });

  it('a user name that another transaction writes holds up only who wants it', async () => {
    const [writer, wants] = await Promise.all([insertUser(app), insertUser(app)]);
    const username = unique();
    await holder.query('BEGIN');
    await holder.query('UPDATE users SET username = $2, username_key = $2 WHERE id = $1', [
      writer,
      username,
    ]);
    let isThere = false;
    const waiting: Promise<Answer>[] = [];
    await beside(() => {
      waiting.push(patch(wants, { username }).finally(() => (isThere = true)));
      return [];
    });
    await lockWaits(app, 1);
    expect(isThere).toBe(false);
    await holder.query('COMMIT');
    expect((await waiting[0])?.json.code).toBe('user.username_already_in_use');
  });

  it('one whose user is deleted while it waits is 404, and one for nobody waits for nobody', async () => {
    const held = await insertUser(app);
    await holder.query('BEGIN');
    await holder.query('DELETE FROM users WHERE id = $1', [held]);
    const waiting = [patch(held, { name: 'x' }), patch(held, {}, {}, '/custom-data')];
    await lockWaits(app, 1);
    const [nobody] = await beside(() => [patch('nobody', { name: 'x' })]);
    expect(nobody?.status).toBe(404);
    await holder.query('COMMIT');
    for (const { status } of await Promise.all(waiting)) expect([200, 404]).toContain(status);
    expect((await waiting[0])?.json.code).toBe('entity.not_found');
  });

  it('those of one user are done one after the other, each with its event', async () => {
    const id = await insertUser(app);
    const answers = await beside(() =>
      Array.from({ length: 30 }, (_, n) => patch(id, { name: `n${n}` })),
    );
    expect(answers.map(({ json }) => json.name)).toEqual(answers.map((_, n) => `n${n}`));
    const told = await history(id);
    expect(told.map(({ data }) => data.version)).toEqual(answers.map((_, n) => 31 - n));
    expect(told[0]?.data.changes).toEqual([{ pointer: '/name', old: 'n28', new: 'n29' }]);
  });

  it('large objects are stored whole', async () => {
    const sizes = [1, 8_000, 9_000, 60_000];
    const users = await Promise.all(sizes.map(() => insertUser(app)));
    const answers = await beside(() =>
      users.map((id, n) => patch(id, { customData: { text: 'x'.repeat(sizes[n] ?? 0) } })),
    );
    expect(answers.map(({ json }) => json.customData.text.length)).toEqual(sizes);
  });
});

/** Creates at the same time, beside the requests that are given; they are new, and know each their own name. */
async function createsBeside(others: () => Promise<Answer>[]): Promise<[Answer[], Answer[]]> {
  const names = Array.from({ length: 20 }, () => unique());
  const first = names.slice(0, 10).map((name) => create({ name }));
  const strange = others();
  const rest = names.slice(10).map((name, n) => create({ name, username: `${name}_${n}` }));
  const made = await Promise.all([...first, ...rest]);
  for (const [index, answer] of made.entries())
    expect(answer).toMatchObject({ status: 201, json: { name: names[index] } });
  return [made, await Promise.all(strange)];
}

/** How many transactions wrote these rows. */
async function transactions(table: 'users' | 'deleted_users', written: string[]): Promise<number> {
  const { rows } = await app.database.client.query<{ count: string; all: string }>(
    `SELECT count(DISTINCT xmin::text), count(*) AS all FROM ${table} WHERE id = ANY ($1)`,
    [written],
  );
  expect(Number(rows[0]?.all)).toBe(written.length);
  return Number(rows[0]?.count);
}

describe('among creates that come together', () => {
  it('each has its own outcome, and most share a statement', async () => {
    const [id, other] = await Promise.all([insertUser(app), insertUser(app)]);
    const wanted = `${unique()}@example.com`;
    const [tried, keyed] = [unique(), unique()];
    const [made, answers] = await createsBeside(() => [
      create({ primaryEmail: `${other.toUpperCase()}@example.com` }),
      create({ id }),
      create({ id }, { 'if-none-match': '*' }),
      create({ id: tried }, {}, '?dryRun=true'),
      create({ id: keyed }, { 'idempotency-key': unique() }),
      create({ name: 5 }),
      create({ primaryEmail: wanted }),
      create({ primaryEmail: wanted }),
    ]);
    expect(answers.slice(0, 6).map(({ status, json }) => [status, json.code])).toEqual([
      [422, 'user.email_already_in_use'],
      [422, 'user.id_already_in_use'],
      [412, 'request.precondition_failed'],
      [200, undefined],
      [201, undefined],
      [400, 'guard.invalid_input'],
    ]);
    expect(answers.slice(6).map(({ status }) => status)).toEqual([201, 422]);
    expect((await get(tried)).status).toBe(404);
    expect((await get(keyed)).status).toBe(200);
    const written = made.map(({ json }) => json.id as string);
    expect(await transactions('users', written)).toBeLessThan(10);
  });

  it('each is stored, answered and recorded as it is alone', async () => {
    const name = 'New';
    const lastSignInAt = null;
    const [users, big] = [Array.from({ length: 3 }, () => unique()), { text: 'x'.repeat(60_000) }];
    const bodies = [
      {},
      { name, profile: { address: { locality: 'Here' } }, customData: { a: { b: null }, c: {} } },
      { username: users[0], primaryEmail: `${users[0]}@example.com`, password: unique() },
      { customData: big, avatar: '' },
    ];
    const alone = [];
    for (const body of bodies.slice(0, 2)) alone.push(await create(body));
    const [, together] = await createsBeside(() => bodies.map((body) => create(body)));
    const past = async ({ json }: Answer) =>
      (await history(json.id)).map(({ type, data: { version, changes, actor } }) => {
        const [time, rest] = [[], []] as unknown[][];
        for (const change of changes) (change.pointer === '/createdAt' ? time : rest)?.push(change);
        expect(time).toEqual([{ pointer: '/createdAt', new: json.createdAt }]);
        return { type, version, actor, changes: rest };
      });
    const seen = ({ json: { id, createdAt, updatedAt, ...rest }, headers }: Answer) => {
      expect([typeof id, createdAt]).toEqual(['string', updatedAt]);
      return { ...rest, etag: headers['etag'] };
    };
    for (const [n, one] of alone.entries()) {
      const same = together[n] as Answer;
      expect(seen(same)).toEqual(seen(one));
      expect(await past(same)).toEqual(await past(one));
    }
    expect(together[2]?.json).toMatchObject({
      username: users[0],
      hasPassword: true,
      lastSignInAt,
    });
    expect((await past(together[2] as Answer))[0]?.changes).toEqual([
      { pointer: '/hasPassword', old: false, new: true },
      { pointer: '/primaryEmail', old: null, new: `${users[0]}@example.com` },
      { pointer: '/username', old: null, new: users[0] },
      { pointer: '/password' },
    ]);
    expect(together[3]?.json).toMatchObject({ customData: big, avatar: null });
  });

  it('one for a user name that another transaction writes holds up nobody else', async () => {
    const writer = await insertUser(app);
    const username = unique();
    await holder.query('BEGIN');
    await holder.query('UPDATE users SET username = $2, username_key = $2 WHERE id = $1', [
      writer,
      username,
    ]);
    let isThere = false;
    const waiting: Promise<Answer>[] = [];
    await createsBeside(() => {
      waiting.push(create({ username }).finally(() => (isThere = true)));
      return [];
    });
    await lockWaits(app, 1);
    expect(isThere).toBe(false);
    await holder.query('COMMIT');
    expect((await waiting[0])?.json.code).toBe('user.username_already_in_use');
  });

  it('one with the id of a user who is being deleted goes on behind its versions', async () => {
    const id = await insertUser(app, { version: 7 });
    await holder.query('BEGIN');
    await holder.query('DELETE FROM users WHERE id = $1', [id]);
    await holder.query(
      `INSERT INTO deleted_users (tenant_id, id, version) VALUES ('default', $1, 8)`,
      [id],
    );
    const waiting: Promise<Answer>[] = [];
    await createsBeside(() => {
      waiting.push(create({ id }));
      return [];
    });
    await lockWaits(app, 1);
    await holder.query('COMMIT');
    expect(await waiting[0]).toMatchObject({ status: 201, headers: { etag: '"9"' } });
  });
});

/** Deletes at the same time, beside the requests that are given. */
async function deletesBeside(others: () => Promise<Answer>[]): Promise<[string[], Answer[]]> {
  const gone: string[] = [];
  for (let n = 0; n < 20; n += 1) gone.push(await insertUser(app, { version: n + 1 }));
  const first = gone.slice(0, 10).map((id) => remove(id));
  const strange = others();
  const rest = gone.slice(10).map((id, n) => remove(id, { 'if-match': `"${n + 11}"` }));
  for (const { status } of await Promise.all([...first, ...rest])) expect(status).toBe(204);
  return [gone, await Promise.all(strange)];
}

describe('among deletes that come together', () => {
  it('each has its own outcome and its event, and most share a statement', async () => {
    const [twice, stays, tried] = await Promise.all([1, 2, 3].map(() => insertUser(app)));
    const [gone, answers] = await deletesBeside(() => [
      remove('nobody'),
      remove(stays ?? '', { 'if-match': '"2"' }),
      remove(stays ?? '', { 'if-none-match': '*' }),
      remove(twice ?? ''),
      remove(twice ?? ''),
      remove(tried ?? '', {}, '?dryRun=true'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 412, 412, 204, 404, 200]);
    for (const id of [stays, tried]) expect((await get(id ?? '')).status).toBe(200);
    for (const [n, id] of gone.entries()) {
      expect((await get(id)).status).toBe(404);
      expect(await history(id)).toMatchObject([
        { type: 'User.Deleted', data: { version: n + 2, changes: [] } },
      ]);
    }
    expect(await transactions('deleted_users', gone)).toBeLessThan(10);
    const again = await Promise.all(gone.map((id) => create({ id })));
    expect(again.map(({ headers }) => headers['etag'])).toEqual(gone.map((_, n) => `"${n + 3}"`));
  });

  it('one of a row that another transaction holds waits alone, and is decided on what it finds', async () => {
    const [held, changed, deleted] = await Promise.all(
      [1, 2, 3].map(() => insertUser(app, { version: 4 })),
    );
    await holder.query('BEGIN');
    await holder.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
      held,
    ]);
    await holder.query('UPDATE users SET version = 5 WHERE id = $1', [changed]);
    await holder.query('DELETE FROM users WHERE id = $1', [deleted]);
    let arrived = 0;
    const waiting: Promise<Answer>[] = [];
    const behind = { 'if-match': '"4"' };
    const wait = (id = '') => waiting.push(remove(id, behind).finally(() => (arrived += 1)));
    const [gone] = await deletesBeside(() => {
      for (const id of [held, changed, deleted]) wait(id);
      return [];
    });
    await lockWaits(app, 3);
    expect(await transactions('deleted_users', gone)).toBeLessThan(10);
    await Promise.all([beside(() => []), createsBeside(() => [])]);
    expect(arrived).toBe(0);
    await holder.query('COMMIT');
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses).toEqual([204, 412, 404]);
  });
});

describe('reads that come together', () => {
  it('each answer its own user, or 404', async () => {
    const asked = [...ids, 'nobody', ...ids.slice(0, 3)];
    const answers = await Promise.all(asked.map(get));
    expect(answers.map(({ json }) => json.id ?? json.code)).toEqual(
      asked.map((id) => (id === 'nobody' ? 'entity.not_found' : id)),
    );
  });

  it('see what was answered before they came', async () => {
    const [id = ''] = ids;
    for (let n = 0; n < 20; n += 1) {
      const noise = ids.map(get);
      const name = unique();
      await patch(id, { name });
      expect((await get(id)).json.name).toBe(name);
      await Promise.all(noise);
    }
  });
});

// The last: it cuts the holder's connection, too.
describe('among writes that come together', () => {
  it('one whose connection is cut is 503, and those after it are served', async () => {
    await app.database.disconnectOthers();
    const answers = await Promise.all(ids.map((id) => patch(id, { name: unique() })));
    for (const { status } of answers) expect([200, 503]).toContain(status);
    await sleep(50);
    for (const { status } of await Promise.all(ids.map((id) => patch(id, { name: unique() }))))
      expect(status).toBe(200);
  });
});
