import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { RetentionService } from '../../src/retention/retention.service.js';
import { countEvents, makeMonths, months, moveEvents } from '../support/event-months.js';
import { events, sequences } from '../support/events.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
let id: string;
let client: Client;
beforeEach(async () => {
  app = await TestApp.start({ EVENTS_RETENTION_DAYS: '31' });
  token = await app.issuer.managementToken();
  id = await insertUser(app);
  client = app.database.client;
});
afterEach(() => app.stop());

const feed = (query = '') => app.call({ method: 'GET', url: `/api/events?${query}`, token });
const prune = (one = app) => one.app.get(RetentionService).prune();
const rename = async () =>
  (await app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: unique() } }))
    .status;
/** Events that have their numbers. */
async function renames(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) expect(await rename()).toBe(200);
  await feed();
}
const drop = async (name: string, tenants: string[], by = client) =>
  (
    await by.query<{ dropped: boolean }>('SELECT drop_event_partition($1, $2) AS dropped', [
      name,
      tenants,
    ])
  ).rows[0]?.dropped;
/** The partition of the month that lies so many months back; there are two ahead. */
const nameOf = async (back: number) => {
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM event_partitions() ORDER BY since DESC',
  );
  return rows[back + 2]?.name ?? '';
};

describe('partitions of events', () => {
  it('are made for this month and the next two, once, by as many as try at the same time', async () => {
    await makeMonths(client, 1);
    const names = Object.keys(await months(client));
    expect(names.sort()).toEqual(['-1', '-2', '0']);
    for (const name of [await nameOf(-1), await nameOf(-2)])
      await client.query(`DROP TABLE ${name}`);
    expect(Object.keys(await months(client))).toEqual(['0']);
    const others = [await TestApp.start({}, [], app), await TestApp.start({}, [], app)];
    await Promise.all([app, ...others].map((one) => prune(one)));
    expect(Object.keys(await months(client)).sort()).toEqual(['-1', '-2', '0']);
    expect([app, ...others].flatMap(({ log }) => log).join('')).not.toContain('RetentionService');
    for (const other of others) await other.stop();
  });

  it('need not be there for a write; its events move into the one that is made', async () => {
    await renames(1);
    await client.query('DROP TABLE user_events_first');
    await renames(3);
    const told = (await feed()).text;
    expect(sequences(events(await feed()))).toEqual([2, 3, 4]);
    expect([await countEvents(client, 'user_events_default'), await months(client)]).toEqual([
      ...[3, { '-2': 0, '-1': 0 }],
    ]);
    await prune();
    expect([await countEvents(client, 'user_events_default'), await months(client)]).toEqual([
      ...[0, { '-2': 0, '-1': 0, '0': 3 }],
    ]);
    expect((await feed()).text).toBe(told);
    expect(await rename()).toBe(200);
    expect((await months(client))['0']).toBe(4);
  });

  it('are not made while that would hold others up for long, until somebody is patient', async () => {
    await client.query('DROP TABLE user_events_first');
    await client.query(
      `INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, sequence, type, changes)
       SELECT 'default', gen_random_uuid(), 'many', n, now(), n, 'User.Created', '[]'
       FROM generate_series(1, 80000) n`,
    );
    await prune();
    expect(await months(client)).toEqual({ '-2': 0, '-1': 0 });
    expect(app.log.join('')).toContain('user_events_default is too large');
    await client.query('SELECT make_event_partitions(patient => true)');
    expect((await months(client))['0']).toBe(80_000);
  });

  it('have one table for each event, and the version of a user is there once', async () => {
    await renames(2);
    await expect(
      client.query(
        `INSERT INTO user_events SELECT * FROM user_events WHERE tenant_id = 'default' AND sequence = 1`,
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });
});

describe('EVENTS_RETENTION_DAYS of at least a month', () => {
  it('drops the partitions of which all is older, and tells readers who come too late', async () => {
    await renames(10);
    await makeMonthsKeepingEvents(5);
    await moveEvents(client, 4, { to: 4 });
    await moveEvents(client, 3, { from: 4, to: 6 });
    await moveEvents(client, 1, { from: 6, to: 8 });
    await prune();
    expect(await months(client)).toEqual({ '-2': 0, '-1': 0, '0': 2, '1': 2 });
    const late = await feed('after=5');
    expect([late.status, late.json.code]).toEqual([410, 'event.expired']);
    for (const query of ['after=6', 'after=0', ''])
      expect(sequences(events(await feed(query)))).toEqual([7, 8, 9, 10]);
    await renames(1);
    expect(sequences(events(await feed('after=10')))).toEqual([11]);
  });

  it('keeps a partition in which an event has no number', async () => {
    await renames(2);
    await makeMonthsKeepingEvents(5);
    await moveEvents(client, 4);
    await client.query('UPDATE user_events SET sequence = NULL WHERE sequence = 2');
    expect(await drop(await nameOf(4), ['default'])).toBe(false);
    await client.query('UPDATE user_events SET sequence = 2 WHERE sequence IS NULL');
    expect(await drop(await nameOf(4), ['default'])).toBe(true);
    expect((await feed('after=1')).status).toBe(410);
  });

  it('keeps a partition with events of a tenant that was not asked, or behind some that are kept', async () => {
    await renames(3);
    await makeMonthsKeepingEvents(5);
    await moveEvents(client, 4, { to: 1 });
    expect(await drop(await nameOf(4), [])).toBe(false);
    // As if the clock had gone wrong for a while.
    await moveEvents(client, 4, { from: 2 });
    await prune();
    expect((await months(client))['4']).toBe(1);
    expect(sequences(events(await feed()))).toEqual([2, 3]);
  });

  it('keeps the partitions that are written to', async () => {
    await renames(1);
    for (const name of ['user_events_first', 'user_events_default', await nameOf(-1), 'users'])
      expect(await drop(name, ['default'])).toBe(false);
  });

  it('waits for who reads, on whatever node, but holds nobody up for long, and comes again', async () => {
    await renames(2);
    await makeMonthsKeepingEvents(5);
    await moveEvents(client, 4, { to: 1 });
    const reader = new Client(app.database.lastUrl);
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT FROM user_events');
    await prune();
    expect(await rename()).toBe(200);
    // Of a node, Citus says that its connection failed.
    expect(app.log.join('')).toMatch(/55P03|MarkRemoteTransactionFailed/);
    // What is over is gone all the same, row by row.
    expect((await months(client))['4']).toBe(0);
    expect(sequences(events(await feed()))).toEqual([2, 3]);
    await reader.query('COMMIT');
    await reader.end();
    await prune();
    expect(Object.keys(await months(client))).not.toContain('4');
  });
});

describe('a role that owns nothing', () => {
  it.each([
    ['makes partitions, and drops them', 'SELECT, INSERT, UPDATE, DELETE', true],
    ['that may delete no events drops none', 'SELECT, INSERT, UPDATE', false],
  ])('%s', async (_, rights, mayDrop) => {
    await renames(1);
    await makeMonthsKeepingEvents(5);
    await moveEvents(client, 4);
    const [next, old] = [await nameOf(-1), await nameOf(4)];
    await client.query(`DROP TABLE ${next}`);
    const role = unique('role');
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await client.query(`GRANT ${rights} ON user_events, user_event_sequences TO ${role}`);
    const url = new URL(app.database.url);
    [url.username, url.password] = [role, 'x'];
    const service = new Client(url.href);
    await service.connect();
    await service.query('SELECT make_event_partitions()');
    expect(await nameOf(-1)).toBe(next);
    const dropped = drop(old, ['default'], service);
    await (mayDrop
      ? expect(dropped).resolves.toBe(true)
      : expect(dropped).rejects.toMatchObject({ code: '42501' }));
    await expect(service.query(`DROP TABLE ${next}`)).rejects.toMatchObject({ code: '42501' });
    await service.end();
    await client.query(`DROP OWNED BY ${role}`);
    await client.query(`DROP ROLE ${role}`);
  });
});

/** The same, but events of now stay. */
async function makeMonthsKeepingEvents(count: number): Promise<void> {
  await client.query('CREATE TEMP TABLE held AS SELECT * FROM user_events');
  await makeMonths(client, count);
  await client.query('INSERT INTO user_events SELECT * FROM held');
  await client.query('DROP TABLE held');
}
