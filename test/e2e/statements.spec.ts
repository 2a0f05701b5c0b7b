import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { type Call, TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let id: string;
/** PostgreSQL's log, and where ours begins in it. */
const log = join(process.env['TEST_DATABASE_FOLDER'] ?? '', 'postgres', 'log', 'statements.log');
let start: number;
const taken = unique();
let calls: Record<'profile' | 'users', Call>;

beforeAll(async () => {
  app = await TestApp.start({ DATABASE_POOL_SIZE: '1' });
  id = await insertUser(app);
  await insertUser(app, { username: taken, username_key: taken });
  calls = {
    profile: { method: 'PATCH', url: '/api/profile', token: await app.issuer.userToken(id) },
    users: { method: 'PATCH', url: `/api/users/${id}`, token: await app.issuer.managementToken() },
  };
  ({ size: start } = await stat(log));
  // Each statement is written to the log, of this database only, by connections that are new.
  const { client, name } = app.database;
  await client.query(`ALTER DATABASE ${name} SET log_statement = 'all'`);
  await client.query(`SET log_statement = 'all'`);
  await app.database.disconnectOthers();
  // From here on both tokens are verified and cached, and the one connection is open.
  for (const call of Object.values(calls)) await app.call({ ...call, body: {} });
});
afterAll(() => app.stop());

/** What PostgreSQL has logged of our database, once a mark that we make now is in it. */
async function logged(): Promise<{ lines: string[]; mark: string }> {
  const mark = unique('mark');
  await app.database.client.query(`SELECT '${mark}'`);
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const lines = (await text(createReadStream(log, { start })))
      .split('\n')
      .filter((line) => line.startsWith(`${app.database.name}|`));
    if (lines.some((line) => line.includes(mark))) return { lines, mark };
    await sleep(20);
  }
  throw new Error('the statement log did not arrive');
}

/** The statements that PostgreSQL itself logged for our database while `act` ran, and the errors. */
async function statements(act: () => Promise<unknown>): Promise<string[]> {
  // What was logged before may arrive late.
  const { mark: begin } = await logged();
  await act();
  const { lines, mark: end } = await logged();
  return lines
    .slice(lines.findIndex((line) => line.includes(begin)))
    .filter((line) => ![begin, end].some((mark) => line.includes(mark)))
    .filter((line) => /(statement|execute [^:]*|ERROR): /.test(line));
}

describe('a PATCH of a part of a user', () => {
  it.each([
    ['custom-data', () => ({ customData: { [unique()]: 1 } })],
    ['profile', () => ({ profile: { nickname: unique() } })],
    ['sign-in', () => ({ lastSignInAt: Date.now() })],
    ['is-suspended', () => ({ isSuspended: false })],
    ['password', () => ({ password: unique() })],
  ])('is one statement: %s', async (part, body) => {
    const { url, ...call } = calls.users;
    for (const type of ['application/json', 'application/merge-patch+json']) {
      const plain = body() as Record<string, unknown>;
      const bare = part === 'custom-data' ? plain['customData'] : plain['profile'];
      const seen = await statements(async () => {
        const answer = await app.call({
          ...call,
          url: `${url}/${part}`,
          body: (type.includes('merge') ? bare : undefined) ?? plain,
          headers: { 'content-type': type },
        });
        expect(answer.status).toBe(200);
      });
      expect(seen).toHaveLength(1);
    }
  });
});

describe.each(['profile', 'users'] as const)('a PATCH of %s with a cached token', (route) => {
  it.each([
    ['changes something', () => ({ name: unique(), username: unique() }), 200, 1],
    ['is empty', () => ({}), 200, 1],
    ['changes nothing', () => ({ avatar: 'https://example.com/before.png' }), 200, 1],
    ['is invalid', () => ({ name: 5 }), 400, 0],
    ['takes a user name of another user', () => ({ username: taken }), 422, 1],
  ])('that %s is one statement or less', async (_, body, status, count) => {
    const seen = await statements(async () => {
      expect((await app.call({ ...calls[route], body: body() })).status).toBe(status);
    });
    expect(seen).toHaveLength(count);
  });

  it('with If-Match of another version, or of a suspended user, is one statement', async () => {
    const seen = await statements(async () => {
      const answer = await app.call({
        ...calls[route],
        body: { name: 'x' },
        headers: { 'if-match': '"0"' },
      });
      expect(answer.status).toBe(412);
    });
    expect(seen).toHaveLength(1);
  });

  it('with an Idempotency-Key is a transaction of five statements, and of four when it comes again', async () => {
    const call = { ...calls[route], body: { name: unique() } };
    const headers = { 'idempotency-key': unique() };
    const patch = async () => expect((await app.call({ ...call, headers })).status).toBe(200);
    const first = await statements(patch);
    const kinds = [/ BEGIN$/, /WITH patience/, /WITH patch/];
    for (const [index, kind] of [...kinds, /WITH kept/, / COMMIT$/].entries())
      expect(first[index]).toMatch(kind);
    expect(first).toHaveLength(5);
    const again = await statements(patch);
    for (const [index, kind] of [
      ...kinds.slice(0, 2),
      /SELECT k.fingerprint/,
      / COMMIT$/,
    ].entries())
      expect(again[index]).toMatch(kind);
    expect(again).toHaveLength(4);
  });

  it('with an Idempotency-Key shares its transaction with others that come at the same time', async () => {
    const others = await Promise.all(Array.from({ length: 12 }, () => insertUser(app)));
    const token = await app.issuer.managementToken();
    await app.call({ ...calls.users, token, body: {} });
    const patches = others.map((other) => ({
      ...{ ...calls.users, token, url: `/api/users/${other}`, body: { name: unique() } },
      headers: { 'idempotency-key': unique() },
    }));
    const all = () =>
      Promise.all(
        patches.map(async (call) => {
          expect(await app.call(call)).toMatchObject({ status: 200, json: call.body });
        }),
      );
    const seen = await statements(all);
    expect(seen.filter((line) => line.includes('WITH patch')).length).toBeLessThan(6);
    expect(seen.length).toBeLessThan(5 * 6);
    expect(seen.join()).not.toContain('ERROR');
    // Each has its answer.
    expect((await statements(all)).join()).not.toMatch(/WITH patch|WITH kept/);
  });

  it('writes no transaction around it', async () => {
    const seen = await statements(async () => {
      await app.call({ ...calls[route], body: { name: unique() } });
    });
    expect(seen.join()).not.toMatch(/BEGIN|START TRANSACTION|COMMIT/i);
    expect(seen[0]).toMatch(/UPDATE users|WITH patch/);
  });
});

describe('a create and a delete with a cached token', () => {
  it.each([
    ['POST', '', { name: 'New', profile: { nickname: 'n' } }, 201],
    ['POST', '', { customData: { a: 1 }, username: unique() }, 201],
    ['DELETE', '/nobody', undefined, 404],
    ['DELETE', 'own', undefined, 204],
  ] as const)('is one statement: %s %s %j', async (method, path, body, status) => {
    const { token, url } = calls.users;
    const own = path === 'own' ? `/${await insertUser(app)}` : path;
    const call = { method, url: url.replace(`/${id}`, own), token, body };
    const seen = await statements(async () => {
      expect((await app.call(call)).status).toBe(status);
    });
    expect(seen).toHaveLength(1);
  });

  it('share it with others that come at the same time', async () => {
    const { token } = calls.users;
    const names = Array.from({ length: 12 }, () => unique());
    const all = (method: 'POST' | 'DELETE') =>
      statements(() =>
        Promise.all(
          names.map(async (name) => {
            const url = method === 'POST' ? '/api/users' : `/api/users/${name}`;
            const body = method === 'POST' ? { id: name, name } : undefined;
            const { status } = await app.call({ method, url, token, body });
            expect(status).toBe(method === 'POST' ? 201 : 204);
          }),
        ),
      );
    for (const method of ['POST', 'DELETE'] as const) {
      const seen = await all(method);
      expect(seen.length).toBeLessThan(6);
      expect(seen.join()).not.toContain('ERROR');
    }
  });
});

describe('a statement that a constraint refuses', () => {
  it('keeps its connection', async () => {
    const connection = async () => {
      const { rows } = await app.database.client.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      return rows.map(({ pid }) => pid);
    };
    const before = await connection();
    const username = unique();
    await insertUser(app, { username, username_key: username });
    const create = { ...calls.users, method: 'POST', url: '/api/users' } as const;
    expect((await app.call({ ...create, body: { username } })).status).toBe(422);
    expect((await app.call({ ...calls.users, body: { name: unique() } })).status).toBe(200);
    expect(await connection()).toEqual(before);
  });
});

describe('behind a pooler that knows no prepared statements', () => {
  it('a transaction begins anew without them', async () => {
    const body = { name: unique() };
    const headers = { 'idempotency-key': unique() };
    await app.app.get(DataSource).query('DEALLOCATE ALL');
    const answer = await app.call({ ...calls.users, body, headers });
    expect(answer).toMatchObject({ status: 200, json: body });
    expect((await app.call({ ...calls.users, body: { name: 'after' } })).status).toBe(200);
  });
});

describe('a list', () => {
  const list = async (query: string) => {
    const { token } = calls.users;
    const answer = await app.call({ method: 'GET', url: `/api/users?${query}`, token });
    expect(answer.status).toBe(200);
    return { users: JSON.parse(answer.text) as unknown[], total: answer.headers['total-number'] };
  };

  it('without a search is read once for all who ask for the same page at the same time', async () => {
    const pages: unknown[][] = [];
    const seen = await statements(async () => {
      const same = Array.from({ length: 12 }, () => list('page_size=1&count=none'));
      const all = await Promise.all([...same, list('page_size=2&count=none')]);
      pages.push(...all.map(({ users }) => users));
    });
    expect(pages.map((page) => page.length)).toEqual([...Array.from({ length: 12 }, () => 1), 2]);
    expect(seen.length).toBeLessThan(6);
  });

  it.each([
    ['page=500', false],
    ['cursor=&page_size=100', false],
    ['page=501', true],
    ['count=exact', true],
    [`search=${taken}`, true],
    [`search.id=${taken}&mode.id=exact`, true],
    [`customData.${taken}=1`, true],
  ])('?%s may take long, and is read in a transaction with less time: %s', async (query, is) => {
    const seen = await statements(() => list(query));
    expect(seen.some((line) => line.includes('BEGIN'))).toBe(is);
  });

  it('with a search is read for each who asks', async () => {
    const seen = await statements(() =>
      Promise.all(Array.from({ length: 3 }, () => list('search=x'))),
    );
    expect(seen.filter((line) => line.includes('BEGIN'))).toHaveLength(3);
  });

  it('has no count of its own where the page says how many there are', async () => {
    const called = unique(taken);
    for (const end of 'abc') await insertUser(app, { name: called + end });
    for (const [query, shown, total, counts] of [
      ['page_size=2', 2, '3', 1],
      ['page_size=2&page=2', 1, '3', 0],
      ['page_size=3', 3, '3', 0],
      ['page_size=3&page=2', 0, '3', 1],
      ['page_size=1&cursor=', 1, undefined, 0],
      ['page_size=1&isSuspended=true', 0, '0', 0],
    ] as const) {
      const seen = await statements(async () => {
        const { users, total: told } = await list(`${query}&search.name=${called}%25`);
        expect([query, users.length, told]).toEqual([query, shown, total]);
      });
      expect([query, seen.filter((line) => line.includes('count(*)')).length]).toEqual([
        query,
        counts,
      ]);
    }
  });
});
