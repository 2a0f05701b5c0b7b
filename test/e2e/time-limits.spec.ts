import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import { poolOf } from '../../src/database/prepared-query.js';
import { acrossTenants } from '../../src/database/statement.js';
import { REQUEST_LIMITS } from '../../src/database/time-limits.js';
import { cutWaiting } from '../support/lock-waits.js';
import { Pooler } from '../support/pooler.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

/** As many as wait beside each other in these tests, and one more. */
const POOL_SIZE = 8;

const SHOW = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock`;

let app: TestApp;
let pooler: Pooler;
let pooled: TestApp;
let holder: Client;
let token: string;
beforeAll(async () => {
  app = await TestApp.start({ DATABASE_POOL_SIZE: String(POOL_SIZE) });
  pooler = await Pooler.start(app.database.url);
  pooled = await TestApp.start({ DATABASE_URL: pooler.url, DATABASE_POOL_SIZE: '2' }, [], app);
  token = await app.issuer.managementToken();
  holder = new Client(app.database.url);
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await pooled.stop();
  await pooler.stop();
  await app.stop();
});

/** Holds the rows of these users until it is told to let them go. */
async function hold(...ids: string[]): Promise<() => Promise<unknown>> {
  await holder.query('BEGIN');
  await holder.query("SELECT FROM users WHERE tenant_id = 'default' AND id = ANY ($1) FOR UPDATE", [
    ids,
  ]);
  return () => holder.query('ROLLBACK');
}

const patch = (id: string, body: object, headers?: Record<string, string>, on = app) =>
  on.call({ method: 'PATCH', url: `/api/users/${id}`, token, body, headers });

/** Statements of the service that PostgreSQL works on, and connections of its pool. */
async function activity() {
  const { rows } = await app.database.client.query<{ active: number; connections: number }>(
    `SELECT count(*) FILTER (WHERE state = 'active')::integer AS active, count(*)::integer AS connections
     FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nameplate'`,
  );
  return rows[0];
}

describe('what another session holds for too long', () => {
  it('is 503 to each kind of write, never done later, and costs no further connection', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => insertUser(app)));
    const [plain, keyed, identity, removed, pooledId, dry] = ids as [string, ...string[]] &
      string[];
    const rows = await Promise.all(ids.map((id) => app.row(id)));
    const release = await hold(...ids);
    const name = unique();
    const writes = [
      patch(plain, { name }),
      patch(keyed ?? '', { name }, { 'idempotency-key': unique() }),
      app.call({
        method: 'PUT',
        url: `/api/users/${identity}/identities/github`,
        token,
        body: { userId: unique() },
      }),
      app.call({ method: 'DELETE', url: `/api/users/${removed}`, token }),
      patch(pooledId ?? '', { name }, {}, pooled),
      app.call({ method: 'PATCH', url: `/api/users/${dry}?dryRun=true`, token, body: { name } }),
    ];
    const answers = await Promise.all(writes);
    for (const { status, headers, json } of answers) {
      expect({ status, detail: json.detail }).toEqual({
        status: 503,
        detail: 'Another change holds what this one needs, for too long. Nothing was done.',
      });
      expect(headers['retry-after']).toBe('1');
    }
    // Nothing of it is left to happen as soon as it can.
    const { active, connections } = (await activity()) ?? {};
    expect(active).toBe(0);
    expect(connections).toBeLessThanOrEqual(POOL_SIZE + 2);
    await release();
    await sleep(100);
    expect(await Promise.all(ids.map((id) => app.row(id)))).toEqual(rows);
    expect((await patch(plain, { name })).status).toBe(200);
  });
});

describe('a connection that is lost while a write is on its way', () => {
  it('is 503 and says that it may have been done', async () => {
    const id = await insertUser(app);
    const release = await hold(id);
    const answer = patch(id, { name: unique() });
    const read = app.call({ method: 'GET', url: `/api/users/${id}`, token });
    expect((await read).status).toBe(200);
    await cutWaiting(app);
    const { status, json } = await answer;
    expect(status).toBe(503);
    expect(json.detail).toContain('may have been done');
    await release();
  });

  it('does not say so of what was in a transaction that nobody has ended', async () => {
    const id = await insertUser(app);
    const release = await hold(id);
    const answer = app.call({
      method: 'PUT',
      url: `/api/users/${id}/identities/github`,
      token,
      body: { userId: unique() },
    });
    await cutWaiting(app);
    const { status, json } = await answer;
    expect(status).toBe(503);
    expect(json.detail).not.toContain('may have been done');
    await release();
  });
});

describe('the time limits', () => {
  it('are those of the session, and longer in the background', async () => {
    const { rows } = await poolOf(app.app.get(DataSource)).query(SHOW);
    expect(rows).toEqual([{ statement: '8s', lock: '4s' }]);
    const background = app.app.get(BackgroundDatabase, { strict: false });
    expect(await background.run(acrossTenants(SHOW))).toEqual([{ statement: '25s', lock: '10s' }]);
  });

  it('are those of each transaction behind a pooler, whose sessions are not touched', async () => {
    const pool = poolOf(pooled.app.get(DataSource));
    expect((await pool.query(SHOW)).rows).toEqual([{ statement: '0', lock: '0' }]);
    const id = await insertUser(app);
    pooler.sent.length = 0;
    expect((await patch(id, { name: unique() }, {}, pooled)).status).toBe(200);
    expect(
      (await patch(id, { name: unique() }, { 'idempotency-key': unique() }, pooled)).status,
    ).toBe(200);
    // At the beginning of a message, behind its length: not within a block of plpgsql.
    const begun = pooler.sent.join('').match(/(?<=\0[^]?)BEGIN[^\0]*/g);
    expect(new Set(begun)).toEqual(
      new Set([
        `BEGIN; SET LOCAL statement_timeout = ${REQUEST_LIMITS.statement}; SET LOCAL lock_timeout = ${REQUEST_LIMITS.lock}`,
      ]),
    );
    expect((await pool.query(SHOW)).rows).toEqual([{ statement: '0', lock: '0' }]);
  });
});
