import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { setQueueClock } from '../support/hooks.js';
import { MANAGEMENT_AUDIENCE, USER_AUDIENCE } from '../support/test-issuer.js';
import { TestReceiver, until } from '../support/receiver.js';
import { SECRETS_KEY, TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const SETTINGS = {
  BACKGROUND_WORK: 'on',
  HOOKS_ALLOW_PRIVATE_TARGETS: 'on',
  HOOKS_RETRY_DELAY_SECONDS: '0',
  HOOKS_TIMEOUT_SECONDS: '1',
};

/** A busy machine may take a second for itself. */
const PATIENT = { ...SETTINGS, HOOKS_TIMEOUT_SECONDS: '30' };

let app: TestApp;
let token: string;
let receiver: TestReceiver;
let hookId: string;
let children: ChildProcess[] = [];
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nameplate-hooks-'));
  // It serves the requests; others deliver.
  app = await TestApp.start({ ...SETTINGS, BACKGROUND_WORK: 'off' });
  token = await app.issuer.managementToken();
});
afterAll(async () => {
  await app.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  receiver = await TestReceiver.start();
  const body = { url: receiver.url };
  hookId = (await app.call({ method: 'POST', url: '/api/hooks', token, body })).json.id;
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await app.call({ method: 'DELETE', url: `/api/hooks/${hookId}`, token });
  await receiver.stop();
});

/** The built service, as a process of its own. */
async function startProcess(): Promise<ChildProcess> {
  const env = {
    ...SETTINGS,
    ...{ SECRETS_KEY, PATH: process.env['PATH'], PORT: String(await freePort()) },
    DATABASE_URL: app.database.url,
    AUTH_ISSUER: app.issuer.url,
    AUTH_USER_AUDIENCE: USER_AUDIENCE,
    AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
  };
  const child = spawn(process.execPath, [resolve('dist/main.js')], { cwd: folder, env });
  children.push(child);
  return child;
}

async function changeAll(ids: string[], times: number): Promise<void> {
  for (let n = 0; n < times; n += 1)
    await Promise.all(
      ids.map((id) =>
        app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: unique() } }),
      ),
    );
}

const users = (count: number) => Promise.all(Array.from({ length: count }, () => insertUser(app)));

/** The versions of a user in the order in which they were taken. */
const versionsOf = (id: string) =>
  receiver.taken.filter(({ event }) => event.subject === id).map(({ event }) => event.data.version);

it('nothing is delivered by an instance that only serves requests', async () => {
  const [id = ''] = await users(1);
  await changeAll([id], 1);
  await until(() => receiver.received.length > 0, 1_500);
  expect(receiver.received).toEqual([]);
  const { rows } = await app.database.client.query(
    `SELECT FROM pg_stat_activity WHERE datname = $1 AND application_name = 'nameplate-background'`,
    [app.database.name],
  );
  expect(rows).toEqual([]);
});

it('several instances share the work: nothing is lost, doubled or out of order', async () => {
  const instances = await Promise.all([1, 2].map(() => TestApp.start(PATIENT, [], app)));
  const ids = await users(20);
  // Every fourth fails once.
  receiver.answer = ({ id, sequence }) =>
    Number(sequence) % 4 === 0 && !receiver.received.some(({ event }) => event.id === id)
      ? 500
      : 204;
  await changeAll(ids, 15);
  await receiver.takes(300);
  for (const id of ids)
    expect(versionsOf(id)).toEqual(Array.from({ length: 15 }, (_, index) => index + 2));
  expect(receiver.taken).toHaveLength(300);
  for (const instance of instances) await instance.stop();
});

it('an instance that is killed in the middle is replaced by another', async () => {
  const ids = await users(10);
  receiver.delay = 100;
  const child = await startProcess();
  await changeAll(ids, 8);
  await receiver.takes(10);
  child.kill('SIGKILL');
  const killed = Date.now();
  expect(receiver.taken.length).toBeLessThan(60);
  const other = await TestApp.start(SETTINGS, [], app);
  const arrived = () => new Set(receiver.taken.map(({ event }) => event.id)).size;
  await until(() => arrived() === 80);
  expect(arrived()).toBe(80);
  expect(Date.now() - killed).toBeLessThan(90_000);
  for (const id of ids) {
    const versions = versionsOf(id);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    // What was on its way came again; nothing else did.
    expect(versions.length).toBeLessThanOrEqual(9);
  }
  await other.stop();
});

it('an instance that is killed is replaced, also when the clocks are set back', async () => {
  const [id = ''] = await users(1);
  let arrived = 0;
  receiver.answer = () => {
    arrived += 1;
    return arrived === 1 ? undefined : 204;
  };
  await setQueueClock(app, '1 hour');
  const child = await startProcess();
  await changeAll([id], 2);
  await until(() => arrived === 1);
  child.kill('SIGKILL');
  const other = await TestApp.start(SETTINGS, [], app);
  // As the queue of a worker that died a moment ago.
  await app.database.client.query(
    `UPDATE hook_queue.queue SET monitor_claim_on = hook_queue.job_now(),
       maintain_on = hook_queue.job_now() WHERE name = $1`,
    [hookId],
  );
  await setQueueClock(app, '0');
  const hourAgo = Date.now() - 3_600_000 - performance.now();
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => hourAgo + performance.now());
  await until(() => receiver.taken.length === 2);
  clock.mockRestore();
  await other.stop();
  expect(versionsOf(id)).toEqual([2, 3]);
});

it('an instance that is told to stop finishes what is on its way', async () => {
  const instance = await TestApp.start(PATIENT, [], app);
  receiver.delay = 900;
  const [id = ''] = await users(1);
  let arrived = 0;
  receiver.answer = () => {
    arrived += 1;
    return 204;
  };
  await changeAll([id], 3);
  const countJobs = async (states: string[]) => {
    const { rows } = await app.database.client.query(
      `SELECT FROM hook_queue.job WHERE name = $1 AND state::text = ANY ($2)`,
      [hookId, states],
    );
    return rows.length;
  };
  await until(async () => (await countJobs(['active', 'created'])) === 3);
  await until(async () => (await countJobs(['active'])) === 1);
  await instance.stop();
  expect(arrived).toBe(1);
  expect(await countJobs(['active'])).toBe(0);
  const { rows } = await app.database.client.query(
    `SELECT state, attempts FROM hook_deliveries WHERE hook_id = $1 ORDER BY sequence`,
    [hookId],
  );
  expect(rows).toEqual([
    { state: 'delivered', attempts: 1 },
    { state: 'pending', attempts: 0 },
    { state: 'pending', attempts: 0 },
  ]);
});
