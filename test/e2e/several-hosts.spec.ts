import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { acrossTenants } from '../../src/database/statement.js';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import { freePort } from '../../src/database/loopback-port.js';
import { SecondServer } from '../support/second-server.js';
import { TestApp } from '../support/test-app.js';
import { unique } from '../support/users.js';

let base: TestApp;
let second: SecondServer;
let token: string;
let app: TestApp | undefined;

beforeAll(async () => {
  base = await TestApp.start();
  token = await base.issuer.managementToken();
  second = await SecondServer.start(base.database);
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
});
afterAll(async () => {
  await base.stop();
  await second.remove();
});

/** The database at these ports of this machine, in this order. */
const at = (...ports: (string | number)[]) => {
  const { username, password, pathname } = new URL(base.database.url);
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join();
  return `postgres://${username}:${password}@${hosts}${pathname}`;
};
const firstPort = () => new URL(base.database.url).port;
const secondPort = () => String(second.port);

const start = async (url: string) => (app = await TestApp.start({ DATABASE_URL: url }, [], base));

const makeUser = async (id = unique()) =>
  (await app?.call({ method: 'POST', url: '/api/users', token, body: { id } }))?.status;

/** Where background work is, which has connections of its own. */
const backgroundPort = async () => {
  const [row] = await (app as TestApp).app
    .get(BackgroundDatabase)
    .run<{ port: string }>(acrossTenants(`SELECT current_setting('port') AS port`));
  return row?.port;
};

/** The answers to requests until one is 201, which comes soon. */
async function untilMade(): Promise<number[]> {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 100 && statuses.at(-1) !== 201; attempt += 1) {
    if (attempt > 0) await sleep(100);
    statuses.push((await makeUser()) ?? 0);
  }
  return statuses;
}

/** Whether it takes writes, also of the connections that there are. */
async function secondTakesWrites(does: boolean): Promise<void> {
  const value = does ? 'off' : 'on';
  await second.run(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
  await second.run('SELECT pg_reload_conf()');
  const is = () =>
    second.run<{ is: string }>(`SELECT current_setting('default_transaction_read_only') AS is`);
  while ((await is())[0]?.is !== value) await sleep(20);
}

const firstTakesWrites = async (does: boolean) => {
  const { client, name } = base.database;
  const setting = does ? 'RESET' : 'SET';
  await client.query(
    `ALTER DATABASE ${name} ${setting} default_transaction_read_only ${does ? '' : '= on'}`,
  );
};

const isIn = async (client: Client, id: string) =>
  (await client.query('SELECT FROM users WHERE id = $1', [id])).rowCount === 1;

describe('several hosts in DATABASE_URL', () => {
  it('are one database when one of them is away', async () => {
    await start(`${at(await freePort(), firstPort())}?target_session_attrs=read-write`);
    const id = unique();
    expect(await makeUser(id)).toBe(201);
    expect(await isIn(base.database.client, id)).toBe(true);
    expect(await backgroundPort()).toBe(firstPort());
  });

  it('are asked which one takes writes, for requests and for background work', async () => {
    await firstTakesWrites(false);
    await start(at(firstPort(), secondPort()));
    expect(await makeUser()).toBe(201);
    expect(await backgroundPort()).toBe(secondPort());
    await firstTakesWrites(true);
  });

  it('are gone through again when that one takes none any more, or ends', async () => {
    await firstTakesWrites(false);
    await start(at(firstPort(), secondPort()));
    expect([await makeUser(), await backgroundPort()]).toEqual([201, secondPort()]);
    await firstTakesWrites(true);
    await secondTakesWrites(false);
    const statuses = await untilMade();
    // 25006: that connection is closed, whoever comes next finds the other host.
    expect([statuses[0], statuses.at(-1)]).toEqual([503, 201]);
    expect(new Set(statuses)).toEqual(new Set([503, 201]));

    await firstTakesWrites(false);
    await secondTakesWrites(true);
    await app?.stop();
    await start(at(firstPort(), secondPort()));
    expect(await makeUser()).toBe(201);
    await firstTakesWrites(true);
    await second.stop();
    const afterEnd = await untilMade();
    expect(afterEnd.at(-1)).toBe(201);
    for (const status of afterEnd) expect([503, 201]).toContain(status);
    await expect(backgroundPort()).resolves.toBe(firstPort());
  });

  it('that take no writes at all are 503, and found when one does', async () => {
    await start(at(await freePort(), firstPort()));
    await firstTakesWrites(false);
    await base.database.disconnectOthers();
    expect([await makeUser(), await makeUser()]).toEqual([503, 503]);
    await firstTakesWrites(true);
    expect((await untilMade()).at(-1)).toBe(201);
  });
});
