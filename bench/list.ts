import 'reflect-metadata';
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { EmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { SearchUsers1763850000000 } from '../src/database/migrations/1763850000000-search-users.js';
import { dataSourceOptions } from '../src/data-source.js';
import { parseUserQuery } from '../src/users/user-query.js';
import { countUsers, selectUsers } from '../src/users/user-search.statements.js';
import type { Statement } from '../src/database/statement.js';
import { selectUsersById } from '../src/users/user.statements.js';

/**
 * `npm run bench:list`: the statements behind `GET /api/users` at a million users, each as a ratio to
 * the statement of `GET /api/users/{userId}` in the same run, and the index that its plan uses.
 */
const USERS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 20;

const folder = mkdtempSync(join(tmpdir(), 'nameplate-bench-'));
chmodSync(folder, 0o755);
const postgres = await EmbeddedPostgres.open({ folder, settings: ['fsync=off'] });
const database = await new DataSource(
  dataSourceOptions({ DATABASE_URL: postgres.url(), DATABASE_POOL_SIZE: 2 }),
).initialize();
try {
  await database.runMigrations();
  // The search indexes are made after the rows, which takes a tenth of the time.
  const runner = database.createQueryRunner();
  const search = new SearchUsers1763850000000();
  await search.down(runner);
  await database.query(
    `INSERT INTO users (tenant_id, id, username, username_key, primary_email, primary_email_key,
       primary_phone, name, custom_data, created_at)
     SELECT 'default', md5(n::text), 'user_' || n, 'user_' || n, 'mail' || n || '@example.com',
       'mail' || n || '@example.com', (61400000000 + n)::text, 'Person ' || md5((n * 7)::text),
       jsonb_build_object('plan', 'plan' || n % 1000, 'order', n),
       timestamptz '2026-01-01' - n * interval '1 second'
     FROM generate_series(1, $1) n`,
    [USERS],
  );
  await runner.query(`SET maintenance_work_mem = '1GB'`);
  await search.up(runner);
  await runner.release();
  await database.query('VACUUM ANALYZE users');

  const middle = Math.floor(USERS / 2);
  const [row] = await database.query<{ id: string }[]>(`SELECT md5($1::text) AS id`, [middle]);
  const baseline = await measure(selectUsersById('default', [row?.id ?? '']));
  console.log(`GET by id: ${baseline.toFixed(2)} ms; every other row is a ratio to it\n`);

  const cases: [string, Record<string, string>][] = [
    ['page 1', { page: '1' }],
    ['page 1,000', { page: '1000' }],
    ['cursor, first step', { cursor: '' }],
    ['substring anywhere, rare', { search: `%${row?.id.slice(3, 12)}%` }],
    ['substring anywhere, common', { search: '%person%' }],
    ['substring anywhere, two letters', { search: '%ab%' }],
    ['like, one field', { 'search.name': `%${row?.id.slice(3, 9)}%` }],
    ['exact username', { 'search.username': `USER_${middle}`, 'mode.username': 'exact' }],
    [
      'exact e-mail',
      { 'search.primaryEmail': `mail${middle}@example.com`, 'mode.primaryEmail': 'exact' },
    ],
    ['exact id', { 'search.id': row?.id ?? '', 'mode.id': 'exact' }],
    ['posix', { 'search.username': `^user_${middle}$`, 'mode.username': 'posix' }],
    [
      'similar_to',
      { 'search.username': `user_(${middle}|${middle + 1})`, 'mode.username': 'similar_to' },
    ],
    ['customData', { 'customData.plan': 'plan77' }],
    ['isSuspended', { isSuspended: 'true' }],
  ];
  for (const [name, parameters] of cases) {
    const query = parseUserQuery(parameters);
    const page = selectUsers('default', query);
    const figures = [`${name}: page ×${((await measure(page)) / baseline).toFixed(1)}`];
    if (query.page !== undefined)
      figures.push(
        `count ×${((await measure(countUsers('default', query))) / baseline).toFixed(1)}`,
      );
    console.log(`${figures.join(', ')}; ${await scansOf(page)}`);
  }
} finally {
  await database.destroy();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Median milliseconds, after one run that is not counted. */
async function measure([sql, parameters]: Statement): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = performance.now();
    await database.query(sql, parameters);
    if (round > 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN;
}

async function scansOf([sql, parameters]: Statement): Promise<string> {
  const rows = await database.query<Record<string, string>[]>(`EXPLAIN ${sql}`, parameters);
  const plan = rows.map((line) => line['QUERY PLAN'] ?? '').join('\n');
  const scans = plan.match(/(Bitmap Index|Index|Index Only|Seq) Scan[^(]*(?=\()/g) ?? [];
  return [
    ...new Set(scans.filter((scan) => !scan.includes('identities')).map((scan) => scan.trim())),
  ].join(', ');
}
