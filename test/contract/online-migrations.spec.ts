import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { VERSION } from '../../src/config/version.js';
import { dataSourceOptions } from '../../src/data-source.js';
import { REQUEST_LIMITS } from '../../src/database/time-limits.js';
import { oldStatements, outcomesOf } from '../support/old-statements.js';
import { Service } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const released = oldStatements();

describe('the statements of the version that was released last', () => {
  it('are kept', () => {
    expect(released.map(({ file }) => file)).toEqual([`statements-${VERSION}.json`]);
  });

  it.each(released)('in $file come to the same on the newest schema', async ({ statements }) => {
    expect(statements.length).toBeGreaterThan(100);
    const now = await outcomesOf(database.client, statements);
    expect(now.filter((one, place) => one.outcome !== statements[place]?.outcome)).toEqual([]);
  });

  it.each([
    ['a column that is gone', 'ALTER TABLE users DROP COLUMN avatar', '42703'],
    ['a column that must have a value', 'ALTER TABLE users ADD extra int NOT NULL', '23502'],
    ['a function that is gone', 'DROP FUNCTION json_merge_patch', '42883'],
    [
      'a key of another name',
      'ALTER TABLE idempotency_keys DROP CONSTRAINT pk_idempotency_keys',
      '42P10',
    ],
    ['another type', 'ALTER TABLE hooks ALTER runs TYPE integer', ':23'],
  ])('notice %s', async (_, sql, told) => {
    const other = await createTestDatabase();
    await other.client.query(sql);
    const statements = released[0]?.statements ?? [];
    const now = await outcomesOf(other.client, statements);
    const noticed = now.filter((one, place) => one.outcome !== statements[place]?.outcome);
    expect(noticed.map(({ outcome }) => outcome).join('\n')).toContain(told);
    await other.drop();
  });
});

describe('a migration that has to wait for a lock', () => {
  it('lets those pass who came after it, asks again, and is done once it is free', async () => {
    const source = await new DataSource(
      dataSourceOptions({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: 1 }),
    ).initialize();
    await source.undoLastMigration();
    await source.destroy();
    // Each migration writes its name there, whatever else it does.
    const lock = 'LOCK TABLE migrations IN SHARE MODE';
    const [holder, other] = [new Client(database.url), new Client(database.url)];
    await Promise.all([holder.connect(), other.connect()]);
    await holder.query(`BEGIN; ${lock}`);
    const migration = new Service(
      spawn(process.execPath, [resolve('dist/migrate.js'), 'run'], {
        env: { DATABASE_URL: database.url },
      }),
    );
    const waits = `SELECT FROM pg_locks WHERE relation = 'migrations'::regclass AND NOT granted`;
    while (!(await database.client.query(waits)).rowCount) await sleep(50);
    await other.query(`BEGIN; SET LOCAL lock_timeout = ${REQUEST_LIMITS.lock}; ${lock}; COMMIT`);
    while (!(await database.client.query(waits)).rowCount) await sleep(50);
    await holder.query('COMMIT');
    expect({ status: await migration.exit, output: migration.output }).toMatchObject({ status: 0 });
    await Promise.all([holder.end(), other.end()]);
  });
});
