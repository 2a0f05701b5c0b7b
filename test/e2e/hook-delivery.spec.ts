import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Client } from 'pg';
import { Webhook } from 'standardwebhooks';
import type { CloudEventDto } from '../../src/events/record/cloud-event.dto.js';
import { Env } from '../../src/config/env.js';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import type { DeliveryDto } from '../../src/hooks/delivery.dto.js';
import { HookQueue } from '../../src/deliveries/hook-queue.js';
import { Tenants } from '../../src/tenancy/tenants.js';
import { HooksSweeper } from '../../src/deliveries/hooks-sweeper.js';
import { events } from '../support/events.js';
import { queueNames, setQueueClock } from '../support/hooks.js';
import { lockWaits } from '../support/lock-waits.js';
import { type Received, TestReceiver, until } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const SETTINGS = {
  BACKGROUND_WORK: 'on',
  HOOKS_ALLOW_PRIVATE_TARGETS: 'on',
  HOOKS_RETRY_DELAY_SECONDS: '0',
  HOOKS_TIMEOUT_SECONDS: '2',
};

let app: TestApp;
let token: string;
let receiver: TestReceiver;
beforeAll(async () => {
  app = await TestApp.start({ ...SETTINGS, HOOKS_MAX_ATTEMPTS: '3' });
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());
beforeEach(async () => {
  receiver = await TestReceiver.start();
});
afterEach(async () => {
  for (const { id } of JSON.parse((await call('GET', '/api/hooks')).text) as { id: string }[])
    await call('DELETE', `/api/hooks/${id}`);
  await receiver.stop();
});

const call = (method: string, url: string, body?: unknown, by = token) =>
  app.call({ method, url, token: by, body });
const hook = async (settings: object = {}) =>
  (await call('POST', '/api/hooks', { url: receiver.url, ...settings })).json as {
    id: string;
    secret: string;
    lastSequence: number;
  };
const change = (id: string, by = token) =>
  call('PATCH', `/api/users/${id}`, { name: unique() }, by);
const deliveries = async (id: string, query = ''): Promise<DeliveryDto[]> =>
  JSON.parse((await call('GET', `/api/hooks/${id}/deliveries?${query}`)).text) as DeliveryDto[];
const versions = (received: Received[]) => received.map(({ event }) => event.data.version);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** How often an event has come, this time included. */
const timesOf = ({ id }: CloudEventDto) =>
  receiver.received.filter(({ event }) => event.id === id).length + 1;

describe('when the clock of the database goes back', () => {
  /** As if it had stood an hour ahead until now. */
  const setBack = async () => {
    const { client } = app.database;
    await client.query(`UPDATE user_events SET occurred_at = now() + interval '1 hour'`);
    await client.query(`UPDATE users SET updated_at = now() + interval '1 hour'`);
    await client.query(`UPDATE hook_deliveries SET created_at = now() + interval '1 hour'`);
    await client.query(`UPDATE hooks SET updated_at = now() + interval '1 hour'`);
    await client.query(
      // What no clock has given does not move with one.
      `UPDATE hook_queue.job SET created_on = created_on + interval '1 hour',
         start_after = start_after + interval '1 hour'
       WHERE state IN ('created', 'retry') AND created_on > '2021-01-01'`,
    );
  };

  it('deliveries go on at once, in order', async () => {
    const id = await insertUser(app);
    const { id: hookId } = await hook();
    await change(id);
    await receiver.takes(1);
    let isDown = true;
    receiver.answer = () => (isDown ? 500 : 204);
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: false });
    for (let n = 0; n < 5; n += 1) await change(id);
    await setBack();
    for (let n = 0; n < 5; n += 1) await change(id);
    isDown = false;
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: true });
    await receiver.takes(11);
    expect(versions(receiver.taken)).toEqual(range(2, 12));
  });

  it('what was queued before is not held back', async () => {
    const id = await insertUser(app);
    receiver.delay = 300;
    await hook();
    for (let n = 0; n < 4; n += 1) await change(id);
    await receiver.takes(1);
    await setBack();
    receiver.delay = 0;
    for (let n = 0; n < 4; n += 1) await change(id);
    await receiver.takes(8);
    expect(versions(receiver.taken)).toEqual(range(2, 9));
  });
});

describe('when the clock of the queue', () => {
  it.each([
    ['was an hour ahead', '1 hour', '0'],
    ['is an hour behind', '-1 hour', '-1 hour'],
  ])('%s, what failed is tried again in time', async (_, before, afterwards) => {
    let isDown = true;
    receiver.answer = (_event, response) => {
      response.setHeader('retry-after', '3');
      return isDown ? 503 : 204;
    };
    await setQueueClock(app, before);
    const { id: hookId } = await hook();
    await change(await insertUser(app));
    await until(async () => (await deliveries(hookId))[0]?.attempts === 1);
    isDown = false;
    await setQueueClock(app, afterwards);
    await receiver.takes(1).finally(() => setQueueClock(app, '0'));
  });
});

describe('a receiver that asks to be left alone (Retry-After)', () => {
  it.each([
    ['429 and seconds', 429, () => '2'],
    ['503 and a date', 503, () => new Date(Date.now() + 3_000).toUTCString()],
  ])('is, and gets everything afterwards: %s', async (_, status, value) => {
    const [one, two] = [await insertUser(app), await insertUser(app)];
    let refusedAt = 0;
    receiver.answer = (_event, response) => {
      if (refusedAt > 0) return 204;
      refusedAt = Date.now();
      response.setHeader('retry-after', value());
      return status;
    };
    await hook();
    await change(one);
    await until(() => refusedAt > 0);
    for (const id of [two, one, two]) await change(id);
    await receiver.takes(4);
    // A date has whole seconds. Nothing came earlier, to whomever it was.
    for (const { at } of receiver.taken) expect(at - refusedAt).toBeGreaterThanOrEqual(1_900);
  });
});

describe('a change', () => {
  it('arrives as the CloudEvent of the feed, signed', async () => {
    const { secret } = await hook();
    const id = await insertUser(app);
    await change(id);
    await change(id);
    const [, { headers, body, event } = {} as Received] = await receiver.takes(2);
    const feed = await call('GET', `/api/events?after=${Number(event.sequence) - 1}`);
    expect(event).toEqual(events(feed)[0]);
    expect(headers['content-type']).toBe('application/cloudevents+json');
    expect(headers['webhook-id']).toBe(event.id);
    expect(new Webhook(secret).verify(body, headers as never)).toEqual(event);
  });

  it('of one user, a hundred times in a row, arrives in order', async () => {
    await hook();
    const id = await insertUser(app);
    for (let n = 0; n < 100; n += 1) await change(id);
    // One poll of the queue for each would take far longer than this waits.
    expect(versions(await receiver.takes(100))).toEqual(range(2, 101));
  });

  it('arrives if its type is asked for, and its client is not excluded', async () => {
    const { id: hookId } = await hook({
      types: ['User.Data.Updated'],
      excludeClientIds: ['crm', 'other'],
    });
    const by = (clientId: string) => app.issuer.managementToken({ client_id: clientId });
    const id = await insertUser(app);
    await change(id, await by('crm'));
    await call('PATCH', `/api/users/${id}/is-suspended`, { isSuspended: true });
    await change(id, await by('shop'));
    await change(id, await by('other'));
    await change(id);
    expect(versions(await receiver.takes(2))).toEqual([4, 6]);
    await until(async () => (await deliveries(hookId, 'state=delivered')).length === 2);
    expect((await deliveries(hookId)).map(({ userId }) => userId)).toEqual([id, id]);
    expect((await call('GET', `/api/hooks/${hookId}`)).json.lastSequence).toBeGreaterThan(
      Number(receiver.taken[1]?.event.sequence) - 1,
    );
  });

  it('costs a writer nothing while receivers are slow or away', async () => {
    receiver.answer = () => undefined;
    await hook();
    await hook({ url: 'http://127.0.0.1:1/' });
    const id = await insertUser(app);
    const begin = Date.now();
    for (let n = 0; n < 20; n += 1) expect((await change(id)).status).toBe(200);
    // Each would wait 2 s if it waited for one of them.
    expect(Date.now() - begin).toBeLessThan(20_000);
  });
});

describe('a slow receiver', () => {
  it('holds up neither another hook nor other users', async () => {
    const slow = await insertUser(app);
    receiver.answer = ({ subject }) => (subject === slow ? undefined : 204);
    await hook();
    const fast = await TestReceiver.start();
    await hook({ url: fast.url });
    await change(slow);
    await until(() => receiver.received.length === 1);
    const others = await Promise.all([insertUser(app), insertUser(app), insertUser(app)]);
    for (const id of [slow, ...others]) await change(id);
    await Promise.all([receiver.takes(3), fast.takes(5)]);
    // The slow one is dead after three attempts; behind it, nothing would have come before.
    const attempts = receiver.received.filter(({ event }) => event.subject === slow);
    expect(attempts.length).toBeLessThanOrEqual(3);
    expect(receiver.taken.map(({ event }) => event.subject)).not.toContain(slow);
    await fast.stop();
  });
});

describe('deliveries to many users', () => {
  it('are on their way at the same time, and what ends together is settled together', async () => {
    const held: ServerResponse[] = [];
    receiver.answer = (_event, response) => void held.push(response);
    const { id: hookId } = await hook({ enabled: false });
    await Promise.all(range(1, 32).map(async () => change(await insertUser(app))));
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: true });
    await until(() => held.length === 32);
    const transactions = jest.spyOn(app.app.get(BackgroundDatabase), 'transaction');
    for (const response of held) response.writeHead(204).end();
    await until(async () => (await deliveries(hookId, 'state=delivered')).length === 32);
    expect(await deliveries(hookId, 'state=delivered')).toHaveLength(32);
    expect(transactions.mock.calls.length).toBeLessThan(16);
    transactions.mockRestore();
  });
});

describe('what fails', () => {
  it('is tried again with the same id, then is a dead letter, and the next events go on', async () => {
    receiver.answer = ({ data }) => (data.version === 3 ? 500 : 204);
    const { id: hookId } = await hook();
    const id = await insertUser(app);
    for (let n = 0; n < 3; n += 1) await change(id);
    await receiver.takes(2);
    expect(versions(receiver.received)).toEqual([2, 3, 3, 3, 4]);
    const attempts = receiver.received.filter(({ event }) => event.data.version === 3);
    expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [dead, ...rest] = await deliveries(hookId, 'state=dead');
    expect(rest).toEqual([]);
    expect(dead).toMatchObject({
      id: attempts[0]?.event.sequence,
      eventId: attempts[0]?.event.id,
      userId: id,
      state: 'dead',
      attempts: 3,
      statusCode: 500,
      error: 'the receiver answered 500',
    });
  });

  it('comes again, when it is dead and replayed, alone or with all dead letters', async () => {
    let isBroken = true;
    receiver.answer = () => (isBroken ? 500 : 204);
    const { id: hookId } = await hook();
    const id = await insertUser(app);
    for (let n = 0; n < 3; n += 1) await change(id);
    await until(async () => (await deliveries(hookId, 'state=dead')).length === 3);
    isBroken = false;
    const [, middle] = await deliveries(hookId);
    const replay = await call('POST', `/api/hooks/${hookId}/deliveries/${middle?.id}/replay`);
    expect(replay.status).toBe(202);
    expect(replay.json).toMatchObject({ id: middle?.id, state: 'pending', attempts: 0 });
    await receiver.takes(1);
    const all = await call('POST', `/api/hooks/${hookId}/replay`, { state: 'dead' });
    expect(all.json).toEqual({ replayed: 2 });
    expect(versions(await receiver.takes(3))).toEqual([3, 2, 4]);
    await until(async () => (await deliveries(hookId, 'state=delivered')).length === 3);
    expect(await deliveries(hookId, 'state=dead')).toEqual([]);
    // One that was delivered may come again, too.
    await call('POST', `/api/hooks/${hookId}/deliveries/${middle?.id}/replay`);
    expect(versions(await receiver.takes(4))).toEqual([3, 2, 4, 3]);
  });

  it('comes again at its place in the feed, before what is queued of the same user', async () => {
    let held: ServerResponse | undefined;
    receiver.answer = ({ data }, response) => {
      if (held || data.version < 3) return 204;
      held = response;
      return undefined;
    };
    const { id: hookId } = await hook();
    const id = await insertUser(app);
    await change(id);
    await until(async () => (await deliveries(hookId, 'state=delivered')).length === 1);
    const [first] = await deliveries(hookId);
    for (let n = 0; n < 3; n += 1) await change(id);
    const areQueued = async (count: number) => {
      const sql = `SELECT FROM hook_queue.job WHERE name = $1 AND state = 'created'`;
      return (await app.database.client.query(sql, [hookId])).rows.length === count;
    };
    await until(() => areQueued(2));
    await call('POST', `/api/hooks/${hookId}/deliveries/${first?.id}/replay`);
    await until(() => areQueued(3));
    held?.writeHead(204).end();
    await until(() => versions(receiver.taken).includes(5));
    expect(versions(receiver.taken).slice(-3)).toEqual([2, 4, 5]);
  });

  it('because the receiver is gone (410) is dead at once, and disables the hook', async () => {
    receiver.answer = () => 410;
    const { id: hookId } = await hook();
    await change(await insertUser(app));
    const isEnabled = async () => (await call('GET', `/api/hooks/${hookId}`)).json.enabled;
    await until(async () => !(await isEnabled()));
    expect(await isEnabled()).toBe(false);
    expect(await deliveries(hookId)).toMatchObject([
      { state: 'dead', attempts: 1, statusCode: 410 },
    ]);
  });

  it('of many deleted events do not make a receiver that is well wait', async () => {
    const { id: hookId } = await hook({ enabled: false });
    await app.database.client.query(
      `INSERT INTO hook_deliveries
         (tenant_id, hook_id, sequence, event_id, type, user_id, run, queued)
       SELECT 'default', $1, 900000 + n, gen_random_uuid(), 'User.Created', 'gone' || n, 0, false
       FROM generate_series(1, 60) n`,
      [hookId],
    );
    await change(await insertUser(app));
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: true });
    const begin = Date.now();
    await receiver.takes(1);
    expect(Date.now() - begin).toBeLessThan(40_000);
  });

  it('because retention has deleted the event is dead, and says so', async () => {
    const { id: hookId } = await hook({ enabled: false });
    const id = await insertUser(app);
    await change(id);
    receiver.answer = () => 500;
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: true });
    await until(async () => (await deliveries(hookId, 'state=dead')).length === 1);
    await app.database.client.query('DELETE FROM user_events WHERE user_id = $1', [id]);
    const [dead] = await deliveries(hookId);
    await call('POST', `/api/hooks/${hookId}/deliveries/${dead?.id}/replay`);
    await until(async () => (await deliveries(hookId))[0]?.error?.includes('retention') ?? false);
    expect(await deliveries(hookId)).toMatchObject([
      { state: 'dead', attempts: 1, error: 'the event is no longer kept (retention)' },
    ]);
  });
});

describe('a hook', () => {
  it('that is disabled gets nothing, and misses nothing once it is enabled', async () => {
    const { id: hookId } = await hook();
    const id = await insertUser(app);
    await change(id);
    await receiver.takes(1);
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: false });
    await sleep(600);
    for (let n = 0; n < 5; n += 1) await change(id);
    await sleep(600);
    expect(receiver.received).toHaveLength(1);
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: true });
    expect(versions(await receiver.takes(6))).toEqual(range(2, 7));
  });

  it('gets everything behind a sequence again, in order, also while something waits', async () => {
    let isBroken = false;
    receiver.answer = ({ data }) => (isBroken && data.version === 5 ? undefined : 204);
    const { id: hookId, lastSequence } = await hook();
    const id = await insertUser(app);
    for (let n = 0; n < 3; n += 1) await change(id);
    await receiver.takes(3);
    isBroken = true;
    for (let n = 0; n < 3; n += 1) await change(id);
    await until(() => receiver.received.length === 4);
    isBroken = false;
    const answer = await call('POST', `/api/hooks/${hookId}/replay`, { after: lastSequence + 1 });
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({ replayed: 5 });
    expect(versions(await receiver.takes(8))).toEqual([2, 3, 4, 3, 4, 5, 6, 7]);
    await sleep(500);
    expect(receiver.taken).toHaveLength(8);
    await until(async () => (await deliveries(hookId, 'state=delivered')).length === 6);
    expect(await deliveries(hookId, 'state=pending')).toEqual([]);
  });

  it.each<[string, unknown, number, string]>([
    ['nothing', {}, 400, 'guard.invalid_input'],
    ['both', { after: 0, state: 'dead' }, 400, 'guard.invalid_input'],
    ['another state', { state: 'pending' }, 400, 'guard.invalid_input'],
    ['a place that no event has', { after: 1_000_000 }, 400, 'guard.invalid_input'],
    ['a place that is none', { after: -1 }, 400, 'guard.invalid_input'],
  ])('cannot be replayed by %s', async (_, body, status, code) => {
    const { id: hookId } = await hook();
    const answer = await call('POST', `/api/hooks/${hookId}/replay`, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it('cannot be replayed from a place behind which events are deleted: 410', async () => {
    const { id: hookId } = await hook();
    await app.database.client.query('UPDATE user_event_sequences SET pruned = 2');
    const replay = (after: number) => call('POST', `/api/hooks/${hookId}/replay`, { after });
    expect((await replay(1)).json.code).toBe('event.expired');
    await app.database.client.query('UPDATE user_event_sequences SET pruned = 0');
  });

  it('keeps its run when nothing is replayed', async () => {
    const { id, lastSequence } = await hook();
    const row = async () =>
      (await app.database.client.query('SELECT h::text FROM hooks h WHERE id = $1', [id])).rows;
    const before = await row();
    expect((await call('POST', `/api/hooks/${id}/deliveries/12345/replay`)).status).toBe(404);
    expect((await call('POST', `/api/hooks/${id}/replay`, { state: 'dead' })).json).toEqual({
      replayed: 0,
    });
    expect((await call('POST', `/api/hooks/${id}/replay`, { after: 99_999_999 })).status).toBe(400);
    const nothing = await call('POST', `/api/hooks/${id}/replay`, { after: lastSequence });
    expect([nothing.status, nothing.json]).toEqual([202, { replayed: 0 }]);
    expect(await row()).toEqual(before);
  });

  it.each([
    ['one dead letter', (id: string) => `deliveries/${id}/replay`, undefined],
    ['all dead letters', () => 'replay', { state: 'dead' }],
    ['all behind a place', () => 'replay', { after: 0 }],
  ])('that replays %s twice at once does it once', async (_, path, body) => {
    receiver.answer = () => 410;
    const { id: hookId } = await hook();
    await change(await insertUser(app));
    await until(async () => (await deliveries(hookId, 'state=dead')).length === 1);
    const [dead] = await deliveries(hookId);
    await app.database.client.query('UPDATE user_event_sequences SET pruned = 0');
    // The receiver being gone has disabled the hook: nothing else changes it.
    const holder = new Client(app.database.url);
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query("SELECT FROM hooks WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
      hookId,
    ]);
    const url = `/api/hooks/${hookId}/${path(dead?.id ?? '')}`;
    const replays = [call('POST', url, body), call('POST', url, body)];
    await lockWaits(app, 2);
    await holder.query('COMMIT');
    for (const { status } of await Promise.all(replays)) expect(status).toBe(202);
    const { rows } = await holder.query<{ runs: string }>('SELECT runs FROM hooks WHERE id = $1', [
      hookId,
    ]);
    await holder.end();
    expect(rows).toEqual([{ runs: '1' }]);
  });

  it.each([
    [41, 400],
    ['0', 202],
    [0, 202],
    ['-1', 400],
    ['00', 400],
    ['1.0', 400],
    ['', 400],
    [1.5, 400],
    [null, 400],
    [true, 400],
    ['1e3', 400],
    ['9'.repeat(16), 400],
  ])('takes %j as a place in the feed as its schema does: %s', async (after, status) => {
    const { id } = await hook();
    await app.database.client.query('UPDATE user_event_sequences SET pruned = 0');
    const last = Number((await call('GET', '/api/events?limit=1')).headers['last-sequence']);
    const answer = await call('POST', `/api/hooks/${id}/replay`, { after });
    expect(answer.status).toBe(after === 41 && last >= 41 ? 202 : status);
  });

  it('that is not there has no log, no replay and no test', async () => {
    for (const [method, path, body] of [
      ['GET', 'deliveries'],
      ['POST', 'deliveries/1/replay'],
      ['POST', 'deliveries/x/replay'],
      ['POST', 'replay', { state: 'dead' }],
      ['POST', 'test'],
      ['POST', 'rotate-secret'],
    ] as const)
      expect((await call(method, `/api/hooks/nobody/${path}`, body)).status).toBe(404);
  });
});

describe('a backlog', () => {
  it('waits in the feed while two thousand deliveries are queued', async () => {
    const { id: hookId } = await hook();
    await app.database.client.query(
      `INSERT INTO hook_deliveries (tenant_id, hook_id, sequence, event_id, type, user_id, run)
       SELECT 'default', $1, -n, gen_random_uuid(), 'User.Created', 'x', 0
       FROM generate_series(1, 2000) n`,
      [hookId],
    );
    await change(await insertUser(app));
    await sleep(1_000);
    expect(receiver.received).toEqual([]);
    await app.database.client.query('DELETE FROM hook_deliveries WHERE sequence = -1');
    await receiver.takes(1);
  });
});

describe('the sweeper', () => {
  it('deletes the log and the queue of a hook that is no more, and old deliveries', async () => {
    const [gone, kept] = [await hook(), await hook()];
    const id = await insertUser(app);
    for (let n = 0; n < 2; n += 1) await change(id);
    await receiver.takes(4);
    await until(async () => (await deliveries(kept.id, 'state=delivered')).length === 2);
    await call('DELETE', `/api/hooks/${gone.id}`);
    await app.database.client.query(
      `UPDATE hook_deliveries SET (created_at, updated_at) = ROW (now() - interval '31 days', now() - interval '31 days')
       WHERE hook_id = $1 AND sequence = (SELECT min(sequence) FROM hook_deliveries WHERE hook_id = $1)`,
      [kept.id],
    );
    const database = app.app.get(BackgroundDatabase);
    const fail = (problem: unknown) => {
      throw problem;
    };
    const queue = new HookQueue(database, app.app.get(Env), fail);
    await queue.start();
    expect(await queueNames(app)).toEqual(expect.arrayContaining([gone.id, kept.id]));
    await new HooksSweeper(app.app.get(Tenants), database).sweep(queue, fail);
    expect(await queueNames(app)).toEqual([kept.id]);
    await queue.stop();
    const { rows } = await app.database.client.query<{ hook: string }>(
      `SELECT hook_id AS hook FROM hook_deliveries WHERE tenant_id = 'default'`,
    );
    expect(rows).toEqual([{ hook: kept.id }]);
  });
});

describe('the log', () => {
  it('is newest first, a page at a time, through Link', async () => {
    const { id: hookId } = await hook();
    const id = await insertUser(app);
    for (let n = 0; n < 5; n += 1) await change(id);
    await until(async () => (await deliveries(hookId, 'state=delivered')).length === 5);
    const seen: string[] = [];
    for (let url = `/api/hooks/${hookId}/deliveries?limit=2`; url !== '';) {
      const page = await call('GET', url);
      seen.push(...(JSON.parse(page.text) as DeliveryDto[]).map((delivery) => delivery.id));
      url = page.next ?? '';
    }
    expect(seen).toEqual(receiver.taken.map(({ event }) => event.sequence).reverse());
  });

  it.each(['state=gone', 'limit=0', 'limit=1001', 'cursor=x', 'nope=1'])(
    'answers %s with 400',
    async (query) => {
      const { id: hookId } = await hook();
      const answer = await call('GET', `/api/hooks/${hookId}/deliveries?${query}`);
      expect(answer.status).toBe(400);
    },
  );
});

describe('many users at a receiver that fails often', () => {
  it('are each in order, and nothing is lost', async () => {
    // Two of three fail at first, none a third time.
    receiver.answer = (event) => (timesOf(event) < (Number(event.sequence) % 3) + 1 ? 500 : 204);
    await hook();
    const ids = await Promise.all(range(1, 25).map(() => insertUser(app)));
    for (let n = 0; n < 20; n += 1) await Promise.all(ids.map((id) => change(id)));
    const taken = await receiver.takes(500);
    for (const id of ids)
      expect(versions(taken.filter(({ event }) => event.subject === id))).toEqual(range(2, 21));
    expect(receiver.received.length).toBeGreaterThan(700);
  });
});

/** From here on, with another delay between attempts. */
async function restartWith(seconds: string): Promise<void> {
  await app.stop();
  app = await TestApp.start({
    ...SETTINGS,
    HOOKS_RETRY_DELAY_SECONDS: seconds,
    HOOKS_MAX_ATTEMPTS: '3',
  });
  token = await app.issuer.managementToken();
}

describe('the delay before another attempt', () => {
  it('is what is set, then twice as long, with some chance in it', async () => {
    await restartWith('1');
    receiver.answer = () => 503;
    await hook();
    await change(await insertUser(app));
    await until(() => receiver.received.length === 3);
    const [first = 0, second = 0, third = 0] = receiver.received.map(({ at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(950);
    expect(second - first).toBeLessThan(40_000);
    expect(third - second).toBeGreaterThanOrEqual(1_950);
    expect(third - second).toBeLessThan(40_000);
  });
});

describe('an hour before another attempt', () => {
  beforeAll(() => restartWith('3600'));

  it('does not hold up what is delivered again, in order', async () => {
    let isBroken = true;
    receiver.answer = ({ data }) => (isBroken && data.version === 3 ? 500 : 204);
    const { id: hookId, lastSequence } = await hook();
    const id = await insertUser(app);
    for (let n = 0; n < 3; n += 1) await change(id);
    await until(() => receiver.received.length === 2);
    isBroken = false;
    await sleep(1_200);
    expect(versions(receiver.taken)).toEqual([2]);
    await call('POST', `/api/hooks/${hookId}/replay`, { after: lastSequence });
    expect(versions(await receiver.takes(4))).toEqual([2, 2, 3, 4]);
  });

  it('does not come behind a dead letter: the next event goes on at once', async () => {
    receiver.answer = ({ data }) => (data.version === 2 ? 410 : 204);
    const { id: hookId } = await hook();
    const id = await insertUser(app);
    await change(id);
    await until(async () => (await deliveries(hookId, 'state=dead')).length === 1);
    await change(id);
    await call('PATCH', `/api/hooks/${hookId}`, { enabled: true });
    expect(versions(await receiver.takes(1))).toEqual([3]);
  });
});

describe('the database being away', () => {
  it('is survived: deliveries go on when it is back', async () => {
    await hook();
    const id = await insertUser(app);
    await change(id);
    await receiver.takes(1);
    await app.database.allowConnections(false);
    await app.database.disconnectOthers();
    await sleep(1_000);
    await app.database.allowConnections(true);
    await change(id);
    expect(versions(await receiver.takes(2)).at(-1)).toBe(3);
    expect(app.log.join('')).toMatch(/background work: /);
  });
});
