import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { Agent, request } from 'undici';
import { EmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { freePort } from '../src/database/loopback-port.js';
import { dataSourceOptions } from '../src/data-source.js';
import { MANAGEMENT_AUDIENCE, TestIssuer, USER_AUDIENCE } from '../test/support/test-issuer.js';

/**
 * `npm run bench:patch`: PATCH /api/users/{userId} by 16 clients over HTTP, on a PostgreSQL that
 * flushes every commit, each as a ratio to a bare UPDATE of one row by 16 connections in the same run.
 * The kinds take turns, so that what else this machine does meets all of them.
 */
const CLIENTS = 16;
const USERS = 500;
const ROUNDS = 5;
const SECONDS = Number(process.argv[2] ?? 4);

const folder = mkdtempSync(join(tmpdir(), 'nameplate-bench-'));
chmodSync(folder, 0o755);
const postgres = await EmbeddedPostgres.open({ folder });
const issuer = await TestIssuer.start();
const pool = new Pool({ connectionString: postgres.url(), max: CLIENTS });
const port = await freePort();
const silent = createServer(() => undefined).listen(0, '127.0.0.1');
const broken = createServer((_, response) => response.writeHead(500).end()).listen(0, '127.0.0.1');

await migrate();
await pool.query(
  `INSERT INTO users (tenant_id, id) SELECT 'default', 'u' || n FROM generate_series(1, $1) n`,
  [USERS],
);
const service = spawn(process.execPath, [resolve('dist/main.js')], {
  cwd: folder,
  stdio: 'ignore',
  env: {
    PORT: String(port),
    DATABASE_URL: postgres.url(),
    AUTH_ISSUER: issuer.url,
    AUTH_USER_AUDIENCE: USER_AUDIENCE,
    AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
    LOG_LEVEL: 'warn',
    HOOKS_ALLOW_PRIVATE_TARGETS: 'on',
  },
});
try {
  await bench();
} finally {
  const stopped = once(service, 'exit');
  service.kill('SIGTERM');
  await stopped;
  for (const server of [silent, broken]) server.close().closeAllConnections();
  await issuer.stop();
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const token = await issuer.managementToken({ exp: Math.floor(Date.now() / 1000) + 3600 });
  const dispatcher = new Agent({ connections: CLIENTS });
  const send = async (method: 'PATCH' | 'POST', path: string, body: object, more = {}) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...more,
    };
    const url = `http://127.0.0.1:${port}/api${path}`;
    const answer = await request(url, { method, headers, body: JSON.stringify(body), dispatcher });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as { id: string };
  };
  const user = () => `u${1 + Math.floor(Math.random() * USERS)}`;
  const name = () => `name ${Math.random()}`;
  const patch = (more = {}) => send('PATCH', `/users/${user()}`, { name: name() }, more);
  await ready(() => send('PATCH', '/users/u1', {}));
  const closed = await freePort();
  const ports = [closed, closed, portOf(silent), portOf(silent), portOf(broken)];
  const hooks: string[] = [];
  for (const target of ports)
    hooks.push(
      (await send('POST', '/hooks', { url: `http://127.0.0.1:${target}/`, enabled: false })).id,
    );
  const enable = (enabled: boolean) =>
    Promise.all(hooks.map((id) => send('PATCH', `/hooks/${id}`, { enabled })));

  const kinds: [string, () => Promise<unknown>, boolean][] = [
    [
      'bare UPDATE',
      () =>
        pool.query('UPDATE users SET name = $2 WHERE tenant_id = $3 AND id = $1', [
          user(),
          name(),
          'default',
        ]),
      false,
    ],
    ['PATCH', () => patch(), false],
    ['PATCH, five hooks whose receivers are dead', () => patch(), true],
    ['PATCH with Idempotency-Key', () => patch({ 'idempotency-key': randomUUID() }), false],
  ];
  const rates = kinds.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [index, [, act, hasHooks]] of kinds.entries()) {
      await enable(hasHooks);
      await sleep(500);
      const rate = await measure(act);
      // The first round warms up.
      if (round > 0) rates[index]?.push(rate);
    }
  await enable(false);
  const medians = rates.map((list) => list.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
  for (const [index, [kind]] of kinds.entries()) {
    const median = medians[index] ?? 0;
    const ratio = (median / (medians[0] ?? 1)).toFixed(2);
    const toPatch = (median / (medians[1] ?? 1)).toFixed(2);
    console.log(
      `${kind}: ${median.toFixed(0)}/s, ×${ratio} of a bare UPDATE, ×${toPatch} of a PATCH`,
    );
  }
  await dispatcher.close();
}

/** How often a second all clients together do it. */
async function measure(act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const until = Date.now() + SECONDS * 1_000;
  const client = async () => {
    for (; Date.now() < until; count += 1) await act();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return count / SECONDS;
}

async function ready(act: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1)
    try {
      await act();
      return;
    } catch {
      await sleep(100);
    }
  throw new Error('the service did not start');
}

async function migrate(): Promise<void> {
  const options = dataSourceOptions({ DATABASE_URL: postgres.url(), DATABASE_POOL_SIZE: 1 });
  const database = await new DataSource(options).initialize();
  await database.runMigrations();
  await database.destroy();
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
