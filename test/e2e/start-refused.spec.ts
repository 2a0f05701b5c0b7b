import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { Place } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let place: Place;
let database: TestDatabase;

/** Roles are the server's, so their names must not be another test's. */
const role = (name: string) => `${database.name}_${name}`;

beforeAll(async () => {
  place = await Place.find();
  database = await createTestDatabase('template0');
  await database.client.query(
    `CREATE ROLE ${role('barred')} PASSWORD 'hidden';
     CREATE ROLE ${role('full')} LOGIN PASSWORD 'hidden' CONNECTION LIMIT 0`,
  );
});
afterEach(async () => {
  await place.stopAll();
  for (const name of ['.data', '.env'])
    rmSync(join(place.folder, name), { recursive: true, force: true });
});
afterAll(async () => {
  await database.client.query(`DROP ROLE ${role('barred')}, ${role('full')}`);
  await database.drop();
  place.remove();
});

const databaseAt = (change: (url: URL) => unknown) => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};
const as = (name: string) =>
  databaseAt((url) => Object.assign(url, { username: name, password: 'hidden' }));

describe('a database that is no use', () => {
  const cases: [string, () => Promise<string> | string, string][] = [
    [
      'is nowhere',
      () => databaseAt((url) => (url.hostname = 'hidden.invalid')),
      'the name of its host is unknown (ENOTFOUND).',
    ],
    [
      'does not listen, at any address of its host',
      async () => `postgres://hidden:hidden@localhost:${await freePort()}/hidden`,
      'the database there is not available (ECONNREFUSED).',
    ],
    [
      'is not there',
      () => databaseAt((url) => (url.pathname = '/hidden')),
      'there is no such database (3D000).',
    ],
    ['wants another password', () => as('hidden'), 'the user or the password is wrong (28P01).'],
    ['bars the user', () => as(role('barred')), 'this user may not log in there (28000).'],
    ['is full', () => as(role('full')), 'the database has no connection left (53300).'],
    [
      'is read-only',
      () =>
        databaseAt((url) =>
          url.searchParams.set('options', '-c default_transaction_read_only=on -c a.b=hidden'),
        ),
      'the database is read-only',
    ],
  ];

  it.each(cases)('is told at start and by a migration when it %s', async (_, url, reason) => {
    const settings = { DATABASE_URL: await url(), AUTH_ISSUER: 'https://issuer.example' };
    const service = place.spawn({ NODE_ENV: 'production', ...settings });
    const migration = place.migrate('run', settings);
    expect([await service.exit, migration.status]).toEqual([1, 1]);
    for (const { output } of [service, migration]) {
      expect(output.trim().split('\n').at(-1)).toContain(`DATABASE_URL: ${reason}`);
      expect(output).not.toContain('hidden');
    }
  });
});

describe('a migration', () => {
  it('reads .env, and says what it lacks', () => {
    expect(place.migrate('run')).toEqual({
      status: 1,
      output: expect.stringMatching(/^DATABASE_URL: must be set for migrations.*\n$/),
    });
    writeFileSync(join(place.folder, '.env'), 'DATABASE_URL=mysql://hidden');
    expect(place.migrate('run')).toEqual({
      status: 1,
      output: expect.stringMatching(/^DATABASE_URL: must be set to a URL such as .*\n$/),
    });
  });
});

describe('a start', () => {
  it('says of an unknown HOST that it is HOST', async () => {
    const other = await createTestDatabase();
    const service = place.spawn({ DATABASE_URL: other.url, HOST: 'hidden.invalid' });
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(/^HOST: .*ENOTFOUND/m);
    await other.drop();
  });

  it('says where the embedded database cannot be kept', async () => {
    writeFileSync(join(place.folder, '.data'), '');
    const service = place.spawn();
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(/^\.data cannot be written \(E\w+\)\. .*DATABASE_URL.*\n$/);
  });

  it('says which .env it cannot read', async () => {
    mkdirSync(join(place.folder, '.env'));
    const service = place.spawn();
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(/^\.env: cannot be read \(\w+\)\n$/);
  });

  it('says which Node it needs', () => {
    mkdirSync(join(place.folder, 'dist'));
    copyFileSync('dist/require-node.js', join(place.folder, 'dist/require-node.js'));
    const asks = (node: string) => {
      const content = JSON.stringify({ type: 'module', engines: { node } });
      writeFileSync(join(place.folder, 'package.json'), content);
      const script = join(place.folder, 'dist/require-node.js');
      const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
      return { status, stderr };
    };
    const { node } = process.versions;
    const told = `Node 99.1 or newer is needed; this is ${node}.\n`;
    expect(asks('>=99.1')).toEqual({ status: 1, stderr: told });
    for (const old of ['>=9.99', `>=${node}`, `>=${node.replace(/\.\d+$/, '')}`])
      expect(asks(old)).toEqual({ status: 0, stderr: '' });
  });

  it('for production asks for a build', () => {
    const folder = join(place.folder, 'unbuilt');
    mkdirSync(folder);
    copyFileSync('package.json', join(folder, 'package.json'));
    const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'start:prod'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'There is no build. Run npm run build first.\n',
    });
  });
});
