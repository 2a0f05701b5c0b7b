import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Place } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let place: Place;
let database: TestDatabase;
beforeAll(async () => {
  place = await Place.find();
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  place.remove();
});

/** `npm run tenant` with these arguments. */
function tenant(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('dist/tenant.js'), ...args],
    {
      ...{ cwd: place.folder, encoding: 'utf8' },
      env: { DATABASE_URL: database.url, TENANT_HOSTS: '*.localhost', ...env },
    },
  );
  return { status, stdout: stdout.trim(), stderr };
}

it('does what operators do, by the same rules', () => {
  const settings = '{"eventsRetentionDays":3}';
  const added = tenant([
    'add',
    'acme',
    '--host',
    'b.test',
    '--host',
    'a.test',
    '--settings',
    settings,
  ]);
  expect(JSON.parse(added.stdout)).toMatchObject({
    id: 'acme',
    hosts: ['a.test', 'b.test'],
    settings: { eventsRetentionDays: 3 },
  });
  expect(tenant(['list']).stdout).toBe('acme\tactive\ta.test\tb.test');
  expect(tenant(['add', 'acme'])).toMatchObject({ status: 2, stderr: '/id: is already in use\n' });
  const wrong = tenant(['add', 'A', '--host', 'a.localhost', '--settings', '{"x":1}']);
  expect(wrong.stderr).toMatch(/\/id: .*\/settings\/x: /);
  const set = tenant([
    'set',
    'acme',
    '--host',
    '',
    '--issuer',
    'https://i.test',
    '--settings',
    '{"eventsRetentionDays":null}',
  ]);
  expect(JSON.parse(set.stdout)).toMatchObject({
    hosts: [],
    issuer: 'https://i.test',
    settings: {},
  });
  expect(tenant(['remove', 'acme'])).toMatchObject({
    status: 2,
    stderr: 'The tenant is not suspended.\n',
  });
  expect(JSON.parse(tenant(['suspend', 'acme']).stdout).isSuspended).toBe(true);
  expect(JSON.parse(tenant(['resume', 'acme']).stdout).isSuspended).toBe(false);
});

it('goes by the port of the service that was started last in the folder', () => {
  mkdirSync(join(place.folder, '.data'));
  writeFileSync(join(place.folder, '.data', 'port'), '4321');
  const issuer = (port: number) => `http://localhost:${port}/development-issuer/second`;
  const args = ['add', 'first', '--issuer', issuer(4321)];
  expect(tenant(args)).toMatchObject({ status: 0 });
  const refused = { status: 2, stderr: expect.stringMatching(/^\/issuer: .*another tenant/) };
  expect(tenant(['add', 'second'])).toMatchObject(refused);
  const other = { PORT: '4322' };
  expect(tenant(['add', 'second'], other)).toMatchObject({ status: 0 });
  // By the port in the folder the two have one issuer, and no tenant could be added.
  tenant(['suspend', 'second'], other);
  expect(tenant(['remove', 'second'], other)).toMatchObject({ status: 0 });
});

it('removes a tenant with its users only when told so', async () => {
  tenant(['add', 'full', '--user-audience', 'x', '--management-audience', 'y']);
  tenant(['suspend', 'full']);
  await database.client.query(
    `INSERT INTO users (tenant_id, id) SELECT 'full', n::text FROM generate_series(1, 2500) n`,
  );
  expect(tenant(['remove', 'full'])).toMatchObject({
    status: 2,
    stderr: 'The tenant has users.\n',
  });
  expect(tenant(['remove', 'full', '--with-users'])).toMatchObject({ status: 0 });
  const { rowCount } = await database.client.query(`SELECT FROM users WHERE tenant_id = 'full'`);
  expect(rowCount).toBe(0);
  expect(tenant(['show', 'full'])).toMatchObject({
    status: 2,
    stderr: 'There is no such tenant.\n',
  });
});

it.each([
  [[]],
  [['add']],
  [['list', 'x']],
  [['show', 'a', 'b']],
  [['drop', 'a']],
  [['show', 'a', '--issuer', 'x']],
  [['list', '--nothing']],
])('says how it is used: %j', (args) => {
  expect(tenant(args)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage: /) });
});

it('needs hosts of tenants, and good settings', () => {
  expect(tenant(['list'], { TENANT_HOSTS: '' }).stderr).toMatch(/^TENANT_HOSTS: is not set/);
  expect(tenant(['list'], { TENANT_HOSTS: '*' }).stderr).toMatch(/^TENANT_HOSTS: each entry/);
});
