import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { TenantId } from '../../src/database/tenant.js';
import { updateUsers } from '../../src/users/record/update-users.statement.js';
import {
  updateUsersApart,
  updateUsersFunctions,
} from '../../src/users/record/update-users-apart.statement.js';
import { events } from '../support/events.js';
import { lockWaits } from '../support/lock-waits.js';
import { type Answer, TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
/** Calls the functions that stand in for the statement where tables are spread over nodes; here there is one. */
let spread: TestApp;
let token: string;
let holder: Client;
beforeAll(async () => {
  app = await TestApp.start();
  for (const { text } of updateUsersFunctions()) await app.database.client.query(text);
  spread = await TestApp.start({}, [], app);
  token = await app.issuer.managementToken();
  holder = new Client(app.database.url);
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await spread.stop();
  await app.stop();
});

const patch = (at: TestApp, id: string, body: object, path = '', headers = {}) =>
  at.call({ method: 'PATCH', url: `/api/users/${id}${path}`, token, body, headers });
const get = (path: string) => app.call({ method: 'GET', url: `/api/users/${path}`, token });

/** A user with identities. */
async function user(columns: object = {}): Promise<string> {
  const id = await insertUser(app, { version: 3, primary_phone: null, ...columns });
  const put = (path: string, body: object) =>
    app.call({ method: 'PUT', url: `/api/users/${id}/${path}`, token, body });
  await put('identities/github', { userId: id, details: { a: 1 } });
  await put('identities/gitlab', { userId: id });
  await put('sso-identities/okta', { issuer: 'https://x.example', identityId: id });
  return id;
}

/** By chance, or by the clock. */
const OWN = ['id', 'createdAt', 'updatedAt', 'lastSignInAt', 'requestId', 'instance'];

/** What is answered, stored and told of a change, without what no two users have in common. */
async function outcome(id: string, { status, headers, json }: Answer): Promise<unknown> {
  const { json: stored } = await get(id);
  const [told] = events(await get(`${id}/events`)).map(({ type, data }) => ({ type, data }));
  const all = JSON.stringify([status, headers['etag'], json, stored, told]).replaceAll(id, 'ID');
  return JSON.parse(all, (key, value: unknown) => (OWN.includes(key) ? undefined : value));
}

const MERGE = { 'content-type': 'application/merge-patch+json' };
const LARGE = 'x'.repeat(60_000);
const changes: [string, object, { path?: string; headers?: object; columns?: object }?][] = [
  [
    'of many fields',
    {
      ...{ username: 'ID_x', primaryEmail: 'ID_x@example.com', name: 'New', avatar: '' },
      ...{ customData: { a: 1 }, profile: { nickname: 'new' } },
    },
  ],
  ['of nothing', { name: 'Before' }],
  ['of a part', { customData: { more: 1 } }, { path: '/custom-data' }],
  ['that merges', { customData: { before: null, c: { d: 1 } } }, { headers: MERGE }],
  ['of a suspension', { isSuspended: true }, { path: '/is-suspended' }],
  ['of a password', { password: 'correct horse battery' }, { path: '/password' }],
  ['of the version that is there', { name: 'x' }, { headers: { 'if-match': '"6"' } }],
  ['of another version', { name: 'x' }, { headers: { 'if-match': '"5"' } }],
  ['of a user who must not be there', { name: 'x' }, { headers: { 'if-none-match': '*' } }],
  [
    'that grows too large',
    { customData: { more: 'y'.repeat(7_000) } },
    { path: '/custom-data', columns: { custom_data: { LARGE } } },
  ],
  [
    'of what was only assumed',
    { primaryEmail: 'ID@example.com' },
    { columns: { primary_email_assumed: true } },
  ],
];

describe('an update where tables are spread', () => {
  it.each(changes)('%s is what it is elsewhere', async (_, body, asked = {}) => {
    const { path = '', headers = {}, columns = {} } = asked;
    const [one, two] = await Promise.all(
      [app, spread].map(async (at) => {
        const id = await user(columns);
        const own = JSON.parse(JSON.stringify(body).replaceAll('ID', id)) as object;
        const seen = await outcome(id, await patch(at, id, own, path, headers));
        const assumed = `SELECT primary_email_assumed FROM users WHERE id = '${id}'`;
        return [seen, (await app.database.client.query(assumed)).rows];
      }),
    );
    expect(two).toEqual(one);
  });

  it('is told without values where none are to be kept', async () => {
    const other = await TestApp.start({ EVENTS_INCLUDE_VALUES: 'off' }, [], app);
    const id = await user();
    await patch(other, id, { name: 'New', customData: { before: false } });
    await other.stop();
    const [told] = events(await get(`${id}/events`));
    expect(told?.data.changes).toEqual([{ pointer: '/customData/before' }, { pointer: '/name' }]);
  });

  it('has its own outcome among others, and waits for a row that another transaction holds alone', async () => {
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => user({ primary_phone: null })));
    const [held = '', taken = '', suspended = '', ...rest] = ids;
    const [other] = [await insertUser(app)];
    await patch(app, suspended, { isSuspended: true }, '/is-suspended');
    const own = await app.issuer.userToken(suspended);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [held]);
    const waits = patch(spread, held, { name: 'x' });
    const answers = await Promise.all([
      patch(spread, taken, { username: other }),
      patch(spread, taken, { primaryEmail: `${other}@example.com` }),
      spread.call({ method: 'PATCH', url: '/api/profile', token: own, body: { name: 'x' } }),
      patch(spread, 'nobody', { name: 'x' }),
      ...rest.map((id) => patch(spread, id, { name: id })),
    ]);
    expect(answers.map(({ status, json }) => json.code ?? status)).toEqual([
      ...['user.username_already_in_use', 'user.email_already_in_use', 'user.suspended'],
      ...['entity.not_found', 200, 200],
    ]);
    for (const [n, id] of rest.entries()) {
      expect(answers[n + 4]?.json).toMatchObject({ id, name: id });
      expect((await get(id)).json).toEqual(answers[n + 4]?.json);
    }
    await lockWaits(app, 1);
    await holder.query('COMMIT');
    expect(await waits).toMatchObject({ status: 200, json: { name: 'x' } });
  });
});

describe('an update, where tables are spread or not,', () => {
  it.each([updateUsers, updateUsersApart])(
    'skips the row that another transaction holds, and writes the others: %p',
    async (statement) => {
      const [free, held] = [await user(), await user()];
      const changes = [held, free].map((id) => ({
        ...{ id, columns: { name: 'New' }, refuseSuspended: false, json: 'assign' as const },
        ...{ ifMatch: undefined, ifNoneMatch: undefined },
        recording: {
          id: randomUUID(),
          type: 'User.Data.Updated' as const,
          origin: {},
          withValues: true,
        },
      }));
      await holder.query('BEGIN');
      await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [held]);
      const [sql, parameters] = statement('default' as TenantId, changes, 'skip', 65_536);
      const { rows } = await app.database.client.query<{ id: string }>(sql, parameters);
      await holder.query('ROLLBACK');
      const found = [free, held].map((id) => rows.filter((row) => row.id === id));
      expect(found).toMatchObject([
        [{ name: 'New', changed: true, isHeld: false }],
        [{ name: null, changed: null, isHeld: true }],
      ]);
    },
  );

  it('gives up on a lock after 10 ms while it shares a statement', async () => {
    const { client } = app.database;
    await client.query(`CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.name := current_setting('lock_timeout'); RETURN NEW; END $$`);
    await client.query(
      'CREATE TRIGGER tell BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION tell()',
    );
    const names = [];
    for (const at of [app, spread]) {
      const id = await user();
      await patch(at, id, { name: 'x' });
      names.push((await get(id)).json.name);
    }
    await client.query('DROP TRIGGER tell ON users');
    expect(names).toEqual(['10ms', '10ms']);
  });
});

describe('a write where tables are spread', () => {
  const create = (body: object) => spread.call({ method: 'POST', url: '/api/users', token, body });

  it('is refused for what is in use before the database does it, which costs a connection there', async () => {
    const { client } = app.database;
    const { json: user } = await get(await insertUser(app));
    await client.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'written'; END $$`);
    const other = await insertUser(app);
    await client.query(
      'CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON users EXECUTE FUNCTION fail()',
    );
    const codes = [(await create({ id: user.id })).json.code];
    for (const field of ['username', 'primaryEmail', 'primaryPhone']) {
      const body = { [field]: user[field] };
      codes.push((await create(body)).json.code, (await patch(spread, other, body)).json.code);
    }
    await client.query('DROP TRIGGER fail ON users');
    expect(codes).toEqual(
      ['id', 'username', 'username', 'email', 'email', 'phone', 'phone'].map(
        (key) => `user.${key}_already_in_use`,
      ),
    );
    expect((await create({ username: unique(), primaryPhone: '61491570156' })).status).toBe(201);
  });
});
