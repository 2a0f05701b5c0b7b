import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { databaseOptions } from '../../src/database/options.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let empty: TestDatabase;
let source: DataSource;
beforeAll(async () => {
  empty = await createTestDatabase('template0');
  source = await new DataSource(
    databaseOptions({ DATABASE_URL: empty.url, DATABASE_POOL_SIZE: 1 }),
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

  it('have the tenant first in every key and index', async () => {
    const { rows } = await empty.client.query<{ def: string }>(
      `SELECT indexdef AS def FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migrations'`,
    );
    for (const { def } of rows) expect(def).toMatch(/\(tenant_id[,)]/);
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
