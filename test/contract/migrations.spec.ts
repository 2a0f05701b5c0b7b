import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { Env } from '../../src/config/env.js';
import { dataSourceOptions, SCHEMA } from '../../src/data-source.js';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import { HookQueue } from '../../src/deliveries/hook-queue.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let empty: TestDatabase;
let source: DataSource;
beforeAll(async () => {
  empty = await createTestDatabase('template0');
  source = await new DataSource(
    dataSourceOptions({ DATABASE_URL: empty.url, DATABASE_POOL_SIZE: 1 }),
  ).initialize();
});
afterAll(async () => {
  await source.destroy();
  await empty.drop();
});

/** The statements that would make the database equal to the entities. */
const pending = async () =>
  (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

const tables = async () => {
  const { rows } = await empty.client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  return rows.map(({ name }) => name).filter((name) => name !== 'migrations');
};

describe('the migrations', () => {
  it('are all that there are, in their order', () => {
    const files = readdirSync(new URL('../../src/database/migrations', import.meta.url));
    const times = files.sort().map((file) => file.split('-')[0]);
    expect(SCHEMA.migrations.map(({ name }) => name.slice(-13))).toEqual(times);
  });

  it('up, down and up again end in what the entities describe', async () => {
    await source.runMigrations();
    expect(await pending()).toEqual([]);
    for (const _ of source.migrations) await source.undoLastMigration();
    expect(await tables()).toEqual([]);
    await source.runMigrations();
    expect(await pending()).toEqual([]);
  });

  it('name every constraint and index after its table and columns', async () => {
    const { rows } = await empty.client.query<{ name: string; table: string }>(
      `SELECT conname AS name, t.relname AS table
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
         WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> 'migrations' AND contype <> 'n'
       UNION SELECT indexname, tablename FROM pg_indexes
         WHERE schemaname = 'public' AND tablename <> 'migrations'`,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { name, table } of rows)
      expect(name).toMatch(new RegExp(`^(pk_${table}$|(uq|fk|ck|ix)_${table}_)`));
  });

  it('have the tenant first in every key and index but those that tell which tenants there are or count requests', async () => {
    const { rows } = await empty.client.query<{ def: string }>(
      `SELECT indexdef AS def FROM pg_indexes WHERE schemaname = 'public'
       AND tablename NOT IN ('migrations', 'tenants', 'tenant_hosts', 'rate_limits')`,
    );
    for (const { def } of rows) expect(def).toMatch(/\(tenant_id[,)]/);
  });
});

/** Undoes the migrations down to this one, which is undone, too. */
async function undo(name: string): Promise<void> {
  const isDone = async () =>
    (await empty.client.query('SELECT FROM migrations WHERE name = $1', [name])).rowCount;
  while (await isDone()) await source.undoLastMigration();
}

describe('old rows', () => {
  it('of users who were deleted and made again get versions that only go up', async () => {
    await undo('OrderByVersions1764100000000');
    const life = ['Created', 'Data.Updated', 'Deleted'];
    const lives = {
      gone: [...life, ...life],
      back: [...life, ...life, 'Created'],
      first: ['Created'],
    };
    for (const [user, types] of Object.entries(lives)) {
      for (const [index, type] of types.entries())
        await empty.client.query(
          `INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, type, changes)
           VALUES ('default', gen_random_uuid(), $1, $2, now() + $3 * interval '1 s', $4, '[]')`,
          [user, (index % 3) + 1, index, `User.${type}`],
        );
      if (types.at(-1) !== 'Deleted')
        await empty.client.query(`INSERT INTO users (tenant_id, id) VALUES ('default', $1)`, [
          user,
        ]);
    }
    await source.runMigrations();
    const versions = async (sql: string) => (await empty.client.query(sql)).rows as unknown[];
    expect(
      await versions(`SELECT user_id AS id, array_agg(version::int ORDER BY occurred_at) AS versions
        FROM user_events GROUP BY user_id ORDER BY user_id`),
    ).toEqual([
      { id: 'back', versions: [1, 2, 3, 4, 5, 6, 7] },
      { id: 'first', versions: [1] },
      { id: 'gone', versions: [1, 2, 3, 4, 5, 6] },
    ]);
    expect(await versions('SELECT id, version::int FROM users ORDER BY id')).toEqual([
      { id: 'back', version: 7 },
      { id: 'first', version: 1 },
    ]);
    expect(await versions('SELECT id, version::int FROM deleted_users ORDER BY id')).toEqual([
      { id: 'back', version: 6 },
      { id: 'gone', version: 6 },
    ]);
    await empty.client.query('TRUNCATE users, user_events, deleted_users CASCADE');
  });
});

describe('old events', () => {
  const rows = async () =>
    (await empty.client.query(`SELECT user_id, sequence::int FROM user_events ORDER BY sequence`))
      .rows;
  const insert = (user: string, sequence: number, at: string) =>
    empty.client.query(
      `INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, sequence, type, changes)
       VALUES ('default', gen_random_uuid(), $1, 1, ${at}, $2, 'User.Created', '[]')`,
      [user, sequence],
    );
  const fileOf = async (table: string) =>
    (await empty.client.query(`SELECT pg_relation_filenode($1) AS file`, [table])).rows[0].file;

  it('stay where they are when they become the first partition, for who could read them', async () => {
    await undo('PartitionEvents1764410000000');
    const reader = `reader_${process.pid}`;
    await empty.client.query(`CREATE ROLE ${reader}`);
    await empty.client.query(`GRANT SELECT ON user_events TO ${reader}`);
    await insert('old', 1, `'1999-01-01'`);
    await insert('new', 2, 'now()');
    const [before, file] = [await rows(), await fileOf('user_events')];
    await source.runMigrations();
    await insert('later', 3, `now() + interval '40 days'`);
    await insert('latest', 4, `now() + interval '4 years'`);
    expect(await fileOf('user_events_first')).toBe(file);
    const table = await empty.client.query('SELECT count(*)::int FROM user_events_first');
    expect([before.length, table.rows]).toEqual([2, [{ count: 2 }]]);

    await undo('PartitionEvents1764410000000');
    const all = [
      { user_id: 'later', sequence: 3 },
      { user_id: 'latest', sequence: 4 },
    ];
    expect(await rows()).toEqual([...before, ...all]);
    expect(await tables()).not.toContain('user_events_default');
    const held = `SELECT has_table_privilege('${reader}', 'user_events', 'SELECT') AS held`;
    expect((await empty.client.query(held)).rows).toEqual([{ held: true }]);
    await source.runMigrations();
    expect((await empty.client.query(held)).rows).toEqual([{ held: true }]);
    expect(await rows()).toEqual([...before, ...all]);
    await empty.client.query('TRUNCATE user_events');
    await empty.client.query(`DROP OWNED BY ${reader}`);
    await empty.client.query(`DROP ROLE ${reader}`);
  });
});

describe('old texts', () => {
  it('get their normal forms, with a version and an event, and no two users one key', async () => {
    await undo('NormalForms1764150000000');
    const insert = (id: string, name: string, email: string, key: string) =>
      empty.client.query(
        `INSERT INTO users (tenant_id, id, name, primary_email, primary_email_key)
         VALUES ('default', $1, $2, $3, $4)`,
        [id, name, email, key],
      );
    await insert('nfd', 'Zoe\u0308', 'a@bücher.example', 'a@bücher.example');
    await insert('nfc', 'Zoë', 'b@bücher.example', 'b@bücher.example');
    await insert('taken', 'x', 'b@xn--bcher-kva.example', 'b@xn--bcher-kva.example');
    await source.runMigrations();
    const { rows } = await empty.client.query(
      'SELECT id, name, primary_email_key AS key, version::int FROM users ORDER BY id',
    );
    expect(rows).toEqual([
      { id: 'nfc', name: 'Zoë', key: 'b@bücher.example', version: 1 },
      { id: 'nfd', name: 'Zoë', key: 'a@xn--bcher-kva.example', version: 2 },
      { id: 'taken', name: 'x', key: 'b@xn--bcher-kva.example', version: 1 },
    ]);
    const events = await empty.client.query(
      'SELECT user_id, version::int, changes FROM user_events',
    );
    expect(events.rows).toEqual([{ user_id: 'nfd', version: 2, changes: [{ pointer: '/name' }] }]);
    await empty.client.query('TRUNCATE users, user_events CASCADE');
  });
});

describe('old jobs of webhooks', () => {
  it('are overtaken by no new one of the same user', async () => {
    await undo('NormalForms1764150000000');
    const database = new BackgroundDatabase({ DATABASE_URL: empty.url } as Env, new Metrics());
    const env = { HOOKS_TIMEOUT_SECONDS: 2, HOOKS_RETRY_DELAY_SECONDS: 0 } as Env;
    const queue = new HookQueue(database, env, () => undefined);
    await queue.start();
    await queue.ensure('hook');
    const insert = (...sequences: number[]) =>
      queue.insert(
        'hook',
        sequences.map((sequence) => ({ sequence: String(sequence), userId: 'x', run: '0' })),
        database,
      );
    // The former version made them as the clock said, which may have gone back between two.
    await insert(9, 10, 11);
    await empty.client.query(
      `UPDATE hook_queue.job SET created_on = now() - (data ->> 'sequence')::int * interval '1 s'`,
    );
    await source.runMigrations();
    await insert(12, 300);
    const seen: string[] = [];
    for (let [job] = await queue.fetch('hook', 5); job; [job] = await queue.fetch('hook', 5)) {
      seen.push(job.data.sequence);
      await queue.complete('hook', [job], database);
    }
    expect(seen).toEqual(['9', '10', '11', '12', '300']);
    await queue.delete('hook');
    await queue.stop();
    await database.close();
  });
});

describe('the database itself', () => {
  it.each([
    ['an unknown owner of a key', `username = 'x'`, 'ck_users_username_key'],
    ['an e-mail without its key', `primary_email = 'x'`, 'ck_users_primary_email_key'],
    ['custom data that is no object', `custom_data = '[]'`, 'ck_users_custom_data'],
    ['a profile that is no object', `profile = '1'`, 'ck_users_profile'],
  ])('refuses %s', async (_, assignment, constraint) => {
    await empty.client.query(`INSERT INTO users (tenant_id, id) VALUES ('default', $1)`, [
      constraint,
    ]);
    await expect(empty.client.query(`UPDATE users SET ${assignment}`)).rejects.toMatchObject({
      constraint,
    });
  });
});
