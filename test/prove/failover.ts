import { once } from 'node:events';
import { resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../../src/database/loopback-port.js';
import { TestReceiver } from '../support/receiver.js';
import { MANAGEMENT_AUDIENCE, TestIssuer, USER_AUDIENCE } from '../support/test-issuer.js';
import { Follower, type Send, Writers } from './load.js';
import { PatroniCluster, TIMES } from './patroni-cluster.js';
import { eventually, Processes } from './programs.js';
import { report } from './report.js';

/**
 * `npm run prove:failover [-- --async] [--hosts]`: kills the primary under load, and tells what became of
 * the writes that were acknowledged. `--async`: without a synchronous standby, and with the replication
 * at a standstill for the last second. `--hosts`: the service finds the primary itself, without HAProxy.
 */
const { values: flags } = parseArgs({
  options: { async: { type: 'boolean' }, hosts: { type: 'boolean' } },
});
const WRITERS = 16;
const BEFORE_MS = 8_000;
const AFTER_MS = 8_000;

const processes = new Processes();
const cluster = new PatroniCluster();
const issuer = await TestIssuer.start();
const receiver = await TestReceiver.start();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  void once(process, signal).then(() => processes.stop().then(() => cluster.stop()));
let isOk = false;
try {
  isOk = await prove();
} catch (error) {
  console.error(String(error));
} finally {
  await processes.stop();
  await cluster.stop();
  await issuer.stop();
  await receiver.stop();
}
process.exit(isOk ? 0 : 1);

async function prove(): Promise<boolean> {
  console.log(`Patroni ${JSON.stringify(TIMES)}, ${flags.async ? 'asynchronous' : 'synchronous'}`);
  await cluster.start(!flags.async);
  await inDatabase('postgres', [
    `CREATE ROLE nameplate LOGIN PASSWORD 'secret'`,
    'CREATE DATABASE nameplate OWNER nameplate',
  ]);
  const ports = flags.hosts ? cluster.nodes.map(({ postgres }) => postgres) : [cluster.port];
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join();
  const { send, child } = await startService(`postgres://nameplate:secret@${hosts}/nameplate`);

  const users = Array.from({ length: WRITERS }, (_, n) => `user${n}`);
  for (const id of users) await send('POST', '/users', { id });
  await send('POST', '/hooks', { url: receiver.url, types: ['User.Deleted'] });
  const follower = new Follower(send);
  const writers = new Writers(send, users);
  await sleep(BEFORE_MS);
  if (flags.async) await interruptReplication();
  const killedAt = performance.now();
  await cluster.killPrimary();
  const isBack = async () => writers.written.some(({ at }) => at > killedAt + 200);
  await eventually('a write after the failover', isBack, 90);
  await sleep(AFTER_MS);
  await writers.stop();
  await follower.stop();
  if (flags.async) await receiver.takes(1, 20_000).catch(() => undefined);
  const told = receiver.taken.filter(({ event }) => (event.type as string) === 'Feed.Reset').length;
  const isRunning = child.exitCode === null && child.signalCode === null;
  return report({ send, writers, follower, killedAt, told, isRunning, isAsync: !!flags.async });
}

/** The service as it is shipped, after its migrations. */
async function startService(url: string) {
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', DATABASE_URL: url, NODE_ENV: 'production' },
    ...{ PORT: String(await freePort()), HOST: '127.0.0.1', LOG_LEVEL: 'silent' },
    ...{ AUTH_ISSUER: issuer.url, AUTH_USER_AUDIENCE: USER_AUDIENCE },
    AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
    ...{ SECRETS_KEY: Buffer.alloc(32).toString('base64'), HOOKS_ALLOW_PRIVATE_TARGETS: 'on' },
  };
  await eventually('a primary', async () => {
    const migration = spawnSync(process.execPath, [resolve('dist/migrate.js'), 'run'], { env });
    return migration.status === 0;
  });
  const child = processes.start(process.execPath, [resolve('dist/main.js')], { env });
  const base = `http://127.0.0.1:${env.PORT}`;
  const isReady = async () => (await fetch(`${base}/health/ready`)).ok;
  await eventually('the service is ready', isReady);
  const token = await issuer.managementToken();
  const send: Send = (method, path, body) =>
    fetch(`${base}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  return { send, child };
}

/** As if the network to the standbys stood still for a second: what sends to them is stopped. */
async function interruptReplication(): Promise<void> {
  const senders = await inDatabase('postgres', ['SELECT pid FROM pg_stat_replication']);
  for (const { pid } of senders) process.kill(pid, 'SIGSTOP');
  await sleep(1_000);
}

/** Answers the rows of the last statement. */
async function inDatabase(name: string, statements: string[]): Promise<{ pid: number }[]> {
  const client = new Client(`postgres://postgres:secret@127.0.0.1:${cluster.port}/${name}`);
  client.on('error', () => undefined);
  await client.connect();
  let rows: { pid: number }[] = [];
  for (const statement of statements) rows = (await client.query<{ pid: number }>(statement)).rows;
  await client.end();
  return rows;
}
