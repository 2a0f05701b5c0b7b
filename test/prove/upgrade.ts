import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/database/loopback-port.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { GENEROUS_LIMITS } from '../support/generous-limits.js';
import { MANAGEMENT_AUDIENCE, TestIssuer, USER_AUDIENCE } from '../support/test-issuer.js';
import { Follower, type Send, Writers } from './load.js';
import { eventually, Processes } from './programs.js';

/**
 * `npm run prove:upgrade [-- <tag or commit>]`: builds an older version, by default the last release, from the
 * history of this checkout. It serves load while this version migrates its database, then this one serves. No
 * request may fail, and no event may be missing.
 */
const WRITERS = 8;
const SERVES_MS = 5_000;

const processes = new Processes();
const folder = mkdtempSync(join(tmpdir(), 'nameplate-upgrade-'));
const data = mkdtempSync(join(tmpdir(), 'nameplate-upgrade-data-'));
// For the account of PostgreSQL.
chmodSync(data, 0o755);
const issuer = await TestIssuer.start();
let postgres: EmbeddedPostgres | undefined;
let isOk = false;
try {
  isOk = await prove(process.argv[2] ?? lastRelease());
} catch (error) {
  console.error(String(error));
} finally {
  await processes.stop();
  await issuer.stop();
  await postgres?.stop();
  for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
}
process.exit(isOk ? 0 : 1);

async function prove(before: string): Promise<boolean> {
  const older = buildFrom(before);
  postgres = await EmbeddedPostgres.open({ folder: data });
  await migrate(older);
  const users = Array.from({ length: WRITERS }, (_, n) => `user${n}`);
  let send = await start(older);
  for (const id of users) await send('POST', '/users', { id });
  const toServing: Send = (...request) => send(...request);
  const writers = new Writers(toServing, users);
  const follower = new Follower(toServing);
  await sleep(SERVES_MS);
  const migrating = performance.now();
  await migrate(resolve('dist'));
  const took = Math.round(performance.now() - migrating);
  await sleep(SERVES_MS);
  send = await start(resolve('dist'));
  const byOlder = writers.written.length;
  await sleep(SERVES_MS);
  await writers.stop();
  const all = writers.written.length;
  const hasAll = async () => follower.seen.length >= all + WRITERS;
  await eventually('the feed has all that was written', hasAll, 20);
  await follower.stop();
  console.log(`${before} served while its database was migrated, in ${took} ms`);
  console.log(`answers by status: ${JSON.stringify(Object.fromEntries(writers.statuses))}`);
  console.log(`changes: ${byOlder} by ${before}, ${all - byOlder} by this version`);
  console.log(`events: ${follower.seen.length}, ${all + WRITERS} expected`);
  const isAnswered = [...writers.statuses.keys()].every((status) => status === 200);
  return isAnswered && byOlder > 0 && all > byOlder && follower.seen.length === all + WRITERS;
}

function lastRelease(): string {
  const arguments_ = ['describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD'];
  const { status, stdout } = spawnSync('git', arguments_, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error('No tag of a release is in this checkout: npm run prove:upgrade -- <commit>');
}

/** With the packages of this checkout. @returns its `dist` */
function buildFrom(commit: string): string {
  const archive = execFileSync('git', ['archive', commit], { maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  execFileSync('npm', ['run', '-s', 'build'], { cwd: folder, stdio: 'inherit' });
  return join(folder, 'dist');
}

function settings() {
  return {
    ...{ PATH: process.env['PATH'] ?? '', DATABASE_URL: postgres?.url() ?? '' },
    ...{ NODE_ENV: 'production', HOST: '127.0.0.1', LOG_LEVEL: 'error', AUTH_ISSUER: issuer.url },
    ...{ AUTH_USER_AUDIENCE: USER_AUDIENCE, AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE },
    ...GENEROUS_LIMITS,
  };
}

async function migrate(dist: string): Promise<void> {
  const migration = processes.start(process.execPath, [join(dist, 'migrate.js'), 'run'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: settings(),
  });
  const [status] = (await once(migration, 'exit')) as [number];
  if (status !== 0) throw new Error(`the migration ended with ${status}`);
}

/** Starts the service, and answers how to send requests to it once it is ready. */
async function start(dist: string): Promise<Send> {
  const port = await freePort();
  processes.start(process.execPath, [join(dist, 'main.js')], {
    stdio: 'inherit',
    env: { ...settings(), PORT: String(port) },
  });
  const base = `http://127.0.0.1:${port}`;
  await eventually('it is ready', async () => (await fetch(`${base}/health/ready`)).ok);
  const authorization = `Bearer ${await issuer.managementToken()}`;
  return (method, path, body) =>
    fetch(`${base}/api${path}`, {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
}
