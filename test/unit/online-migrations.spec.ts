import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SCHEMA } from '../../src/data-source.js';
import { onlineFaultsOf, sqlOf } from '../support/migration-sql.js';
import { FIRST, OFFLINE } from '../support/offline-migrations.js';

const migrations = SCHEMA.migrations.map((Migration) => {
  const migration: InstanceType<typeof Migration> & { transaction?: boolean } = new Migration();
  return { name: migration.name, migration };
});

describe('a migration, while the version before serves', () => {
  it.each(migrations)(
    '$name is noticed as is known, or not at all',
    async ({ name, migration }) => {
      const sql = await sqlOf(migration);
      expect(sql.length).toBeGreaterThan(0);
      const { faults } = OFFLINE[name] ?? { faults: [] };
      expect(await onlineFaultsOf(sql, migration.transaction)).toEqual(faults);
    },
  );
});

describe('docs/releases.md', () => {
  it('has what of an upgrade is noticed', () => {
    const page = readFileSync(new URL('../../docs/releases.md', import.meta.url), 'utf8');
    const noticed = Object.entries(OFFLINE).filter(([, { why }]) => why !== FIRST);
    const listed = [...page.matchAll(/^\| `(\w+\d{13})`/gm)].map(([, name]) => name);
    expect(listed).toEqual(noticed.map(([name]) => name));
  });
});

describe('of a table that is there is noticed', () => {
  it.each([
    ['an index', 'CREATE INDEX a ON users (id)', 'an index of users is not CONCURRENTLY'],
    [
      'an index in a transaction',
      'CREATE INDEX CONCURRENTLY a ON users (id)',
      'an index of users: CONCURRENTLY needs transaction = false',
    ],
    ['an index that goes', 'DROP INDEX a', 'the end of a is not CONCURRENTLY'],
    [
      'a column that must have a value',
      'ALTER TABLE users ADD a int NOT NULL',
      'users.a is NOT NULL without a default',
    ],
    [
      'a column with a value for each row',
      'ALTER TABLE users ADD a uuid DEFAULT gen_random_uuid()',
      'users.a has a default that is no constant',
    ],
    [
      'a column that is unique',
      'ALTER TABLE users ADD a int UNIQUE',
      'users.a is added with CONSTR_UNIQUE',
    ],
    ['a column that goes', 'ALTER TABLE users DROP COLUMN name', 'users.name is dropped'],
    ['a column of another name', 'ALTER TABLE users RENAME name TO a', 'users gets another name'],
    ['a table of another name', 'ALTER TABLE users RENAME TO a', 'users gets another name'],
    ['a table that goes', 'DROP TABLE users', 'users is dropped'],
    ['a function that goes', 'DROP FUNCTION f(varchar)', 'f is dropped'],
    ['another type', 'ALTER TABLE users ALTER name TYPE text', 'users.name gets another type'],
    ['no more nulls', 'ALTER TABLE users ALTER name SET NOT NULL', 'users.name is checked at once'],
    [
      'a rule for each row',
      'ALTER TABLE users ADD CONSTRAINT a CHECK (version > 0)',
      'a of users is checked at once',
    ],
    [
      'a rule that is validated under its own lock',
      'ALTER TABLE users ADD CONSTRAINT a CHECK (version > 0) NOT VALID, VALIDATE CONSTRAINT a',
      'a of users is checked at once',
    ],
    [
      'a rule that is validated in its own transaction',
      'ALTER TABLE users ADD CONSTRAINT a CHECK (version > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT a',
      'a of users is checked at once',
    ],
    ['a key', 'ALTER TABLE users ADD CONSTRAINT a UNIQUE (name)', 'a of users is checked at once'],
    ['all rows', 'UPDATE users SET version = 1', 'rows of users are locked until all are written'],
    [
      'rows of a CTE',
      'WITH a AS (DELETE FROM users RETURNING *) SELECT * FROM a',
      'rows of users are locked until all are written',
    ],
    [
      'a trigger',
      'ALTER TABLE users DISABLE TRIGGER ALL',
      'AT_DisableTrigAll of users is not looked into',
    ],
    ['a lock', 'LOCK TABLE users', 'LockStmt is not looked into'],
    ['a block', 'DO $$ BEGIN END $$', 'DoStmt is not looked into'],
    ['a function', 'SELECT f()', 'f() is not looked into'],
  ])('%s', async (_, sql, fault) => {
    expect(await onlineFaultsOf([sql])).toEqual([fault]);
  });

  it.each([
    'CREATE TABLE a (b int); CREATE INDEX c ON a (b); ALTER TABLE a ADD UNIQUE (b); UPDATE a SET b = 1',
    'ALTER TABLE users ADD a boolean NOT NULL DEFAULT false',
    'ALTER TABLE users ADD CONSTRAINT a CHECK (version > 0) NOT VALID',
    'ALTER TABLE users VALIDATE CONSTRAINT a',
    'ALTER TABLE users ADD CONSTRAINT a UNIQUE USING INDEX b',
    'ALTER TABLE users ALTER name DROP NOT NULL, ALTER name SET DEFAULT 1',
    'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  ])('nothing: %s', async (sql) => {
    expect(await onlineFaultsOf([sql])).toEqual([]);
  });

  it('nothing: an index beside the transaction', async () => {
    expect(await onlineFaultsOf(['CREATE INDEX CONCURRENTLY a ON users (id)'], false)).toEqual([]);
  });
});
