import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Env } from '../../src/config/env.js';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import type { TenantId } from '../../src/database/tenant.js';
import { EventSequencer } from '../../src/events/record/event-sequencer.js';
import { FeedWatch } from '../../src/events/record/feed-watch.js';
import { queueOf } from '../../src/hooks/record/hook-key.js';
import { HookQueue } from '../../src/deliveries/hook-queue.js';
import { HookSeal } from '../../src/hooks/record/hook-seal.js';
import { HooksSweeper } from '../../src/deliveries/hooks-sweeper.js';
import { RetentionService } from '../../src/retention/retention.service.js';
import { Tenants } from '../../src/tenancy/tenants.js';
import { makeMonths, months, moveEvents } from '../support/event-months.js';
import { events, sequences } from '../support/events.js';
import { queueNames } from '../support/hooks.js';
import { TestReceiver, until } from '../support/receiver.js';
import { TestOperator } from '../support/tenants.js';
import { TestTenant } from '../support/test-tenant.js';
import { unique } from '../support/users.js';

let operator: TestOperator;
beforeAll(async () => {
  operator = await TestOperator.start();
});
afterAll(() => operator.app.stop());

/** Two tenants that nobody has heard of yet, the first one perhaps with settings of its own. */
const twoTenants = async (settings: object = {}, by = operator) =>
  [
    await TestTenant.make(by, unique('a'), settings),
    await TestTenant.make(by, unique('b')),
  ] as const;

const create = ({ call, id: tenant }: TestTenant, id: string) =>
  call({ method: 'POST', url: '/api/users', body: { id, name: tenant } });
const change = ({ call, id: tenant }: TestTenant, id: string) =>
  call({ method: 'PATCH', url: `/api/users/${id}`, body: { name: `${unique()} of ${tenant}` } });
const feed = ({ call }: TestTenant, query = '', headers = {}) =>
  call({ method: 'GET', url: `/api/events?${query}`, headers });
const range = (to: number) => Array.from({ length: to }, (_, index) => index + 1);

/** [tenant, how many] of all that are numbered. */
async function numbered(tenants: readonly TestTenant[]) {
  const { rows } = await operator.app.database.client.query<{ id: string; all: string[] }>(
    `SELECT tenant_id AS id, array_agg(sequence ORDER BY sequence) AS all
     FROM user_events WHERE tenant_id = ANY ($1) GROUP BY tenant_id`,
    [tenants.map(({ id }) => id)],
  );
  const all = new Map(rows.map((row) => [row.id, row.all.map(Number)]));
  return tenants.map(({ id }) => all.get(id) ?? []);
}

/** What the background does every minute, and the queues before and after it. */
async function sweep({ app: testApp }: TestOperator) {
  const { app } = testApp;
  const database = app.get(BackgroundDatabase);
  const problems: unknown[] = [];
  const onProblem = (problem: unknown) => problems.push(problem);
  const queue = new HookQueue(database, app.get(Env), onProblem);
  await queue.start();
  const before = await queueNames(testApp);
  await new HooksSweeper(app.get(Tenants), database).sweep(queue, onProblem);
  const after = await queueNames(testApp);
  await queue.stop();
  return { before, after, problems };
}

describe('the feed of a tenant', () => {
  it('begins at 1 and has no gaps, whatever others write at the same time', async () => {
    const tenants = await twoTenants();
    const ids = Array.from({ length: 20 }, () => unique());
    const reads: Promise<unknown>[] = [];
    await Promise.all(
      ids.flatMap((id, index) =>
        tenants.map(async (tenant, at) => {
          await create(tenant, id);
          if (index % 5 === 0) reads.push(feed(tenant));
          // The second one has twice as many.
          if (at === 1) await change(tenant, id);
        }),
      ),
    );
    await Promise.all(reads);
    for (const [tenant, count] of [
      [tenants[0], 20],
      [tenants[1], 40],
    ] as const) {
      const all = events(await feed(tenant, 'limit=100'));
      expect(sequences(all)).toEqual(range(count));
      expect(new Set(all.map(({ source }) => source))).toEqual(
        new Set([`urn:nameplate:${tenant.id}`]),
      );
    }
  });

  it('is numbered without readers, of each tenant that has events', async () => {
    const tenants = await twoTenants();
    for (const tenant of tenants) for (let n = 0; n < 3; n += 1) await create(tenant, `u${n}`);
    await operator.app.app.get(EventSequencer).advanceAll();
    expect(await numbered(tenants)).toEqual([range(3), range(3)]);
  });

  it('is watched together with others, and each is told of its own end', async () => {
    const [one, other] = await twoTenants();
    const sequencer = operator.app.app.get(EventSequencer);
    const advance = (tenantId: TenantId) => sequencer.advance(tenantId);
    const watch = new FeedWatch(operator.app.app.get(DataSource), advance);
    await create(one, 'u');
    for (const id of ['u', 'v', 'w']) await create(other, id);
    const ids = [one.id, other.id, 'nobody', one.id] as TenantId[];
    // Behind at first, then not.
    for (let round = 0; round < 2; round += 1)
      expect(await Promise.all(ids.map((id) => watch.next(id)))).toEqual([1, 3, 0, 1]);
  });
});

describe('a reader who waits', () => {
  const PATIENCE_MS = 20_000;

  it('is answered by the events of its own tenant, and by no others', async () => {
    const tenants = await twoTenants();
    for (const tenant of tenants) await create(tenant, 'u');
    for (const tenant of tenants) await feed(tenant);
    const answered: string[] = [];
    const polls = tenants.map(async (tenant) => {
      const answer = await feed(tenant, 'after=1&wait=55');
      answered.push(tenant.id);
      return events(answer).map(({ source, sequence }) => [source, sequence]);
    });
    for (const [index, tenant] of tenants.entries()) {
      await change(tenant, 'u');
      await until(() => answered.length > index, PATIENCE_MS);
      expect(answered).toEqual(tenants.slice(0, index + 1).map(({ id }) => id));
      expect(await polls[index]).toEqual([[`urn:nameplate:${tenant.id}`, '2']]);
    }
  });

  it('of a stream gets the events of its own tenant, and no others', async () => {
    const { app } = operator;
    await app.app.listen(0, '127.0.0.1');
    const tenants = await twoTenants();
    for (const tenant of tenants) await create(tenant, 'u');
    const texts = ['', ''];
    const gone = new AbortController();
    const reading = tenants.map(async (tenant, index) => {
      const stream = await openStream(tenant, gone.signal);
      for await (const chunk of stream) texts[index] = (texts[index] ?? '') + String(chunk);
    });
    const seen = (index: number) => [...(texts[index] ?? '').matchAll(/"source":"([^"]+)"/g)];
    for (const [index, tenant] of tenants.entries()) {
      for (let n = 0; n < 2; n += 1) await change(tenant, 'u');
      await until(() => seen(index).length >= 3, PATIENCE_MS);
      expect(seen(index).map(([, source]) => source)).toEqual(
        Array.from({ length: 3 }, () => `urn:nameplate:${tenant.id}`),
      );
      expect(texts[index]).not.toContain(tenants[1 - index]?.id);
    }
    gone.abort();
    await Promise.allSettled(reading);
  });

  it('is sent away within seconds when its tenant is suspended, and when it is deleted', async () => {
    const tenants = await twoTenants();
    const [suspended, deleted] = tenants;
    const polls = tenants.map((tenant) => feed(tenant, 'wait=55'));
    const streams = await Promise.all(
      tenants.map((tenant) => openStream(tenant, AbortSignal.timeout(PATIENCE_MS))),
    );
    const ends = streams.map(async (stream) => {
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      return text;
    });
    const log = operator.app.log.length;
    await operator.call('PATCH', `/${suspended.id}`, { isSuspended: true });
    await operator.app.database.client.query('DELETE FROM tenants WHERE id = $1', [deleted.id]);
    const answers = await Promise.all(polls);
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      [403, 'tenant.suspended'],
      [404, 'request.unknown_host'],
    ]);
    for (const text of await Promise.all(ends)) expect(text).toMatch(/^retry: 1000\n/);
    expect(operator.app.log.slice(log).filter((line) => line.includes('event stream'))).toEqual([]);
    // As whoever comes anew.
    for (const [index, tenant] of tenants.entries()) {
      const { status, json } = await feed(tenant);
      expect([status, json.code]).toEqual([answers[index]?.status, answers[index]?.json.code]);
    }
  });

  async function openStream(
    tenant: TestTenant,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const headers = {
      ...{ host: tenant.host, accept: 'text/event-stream' },
      authorization: `Bearer ${await tenant.token('management')}`,
    };
    const url = new URL('/api/events', await tenant.app.app.getUrl());
    return new Promise((resolve, reject) => {
      request(url, { headers, signal }, resolve).on('error', reject).end();
    });
  }
});

describe('hooks', () => {
  let background: TestOperator;
  const receivers: TestReceiver[] = [];
  beforeAll(async () => {
    const settings = { HOOKS_ALLOW_PRIVATE_TARGETS: 'on', HOOKS_RETRY_DELAY_SECONDS: '0' };
    background = await TestOperator.start({ BACKGROUND_WORK: 'on', ...settings }, operator.app);
    receivers.push(await TestReceiver.start(), await TestReceiver.start());
  });
  afterAll(async () => {
    await background.app.stop();
    for (const receiver of receivers) await receiver.stop();
  });

  /** A hook of the first tenant, and one of the second that has the same id and another receiver. */
  async function sameHooks([one, other]: readonly [TestTenant, TestTenant]): Promise<string> {
    const url = receivers[0]?.url;
    const { json } = await one.call({ method: 'POST', url: '/api/hooks', body: { url } });
    const key = { tenantId: other.id as TenantId, id: json.id as string };
    const secrets = background.app.app.get(HookSeal).sealSecrets(key, [{ secret: json.secret }]);
    await background.app.database.client.query(
      `INSERT INTO hooks (tenant_id, id, url, types, headers, secrets, enabled, exclude_client_ids,
         last_sequence)
       SELECT $1, id, $2, types, headers, $3, enabled, exclude_client_ids, 0 FROM hooks
       WHERE tenant_id = $4 AND id = $5`,
      [other.id, receivers[1]?.url, secrets, one.id, json.id],
    );
    return json.id as string;
  }

  it('of the same id get the events of their own tenants, and stay when the other goes', async () => {
    const tenants = await twoTenants({}, background);
    const id = await sameHooks(tenants);
    const users = Array.from({ length: 5 }, () => unique());
    await Promise.all(users.flatMap((user) => tenants.map((tenant) => create(tenant, user))));
    await Promise.all(users.flatMap((user) => tenants.map((tenant) => change(tenant, user))));
    for (const [index, receiver] of receivers.entries()) {
      await receiver.takes(10, 30_000);
      const [own, other] = index === 0 ? tenants : [tenants[1], tenants[0]];
      for (const { event, body } of receiver.received) {
        expect(event.source).toBe(`urn:nameplate:${own.id}`);
        expect(body).not.toContain(other.id);
      }
      expect(
        receiver.taken.map(({ event }) => Number(event.sequence)).sort((a, b) => a - b),
      ).toEqual(range(10));
    }
    const log = ({ call }: TestTenant) =>
      call({ method: 'GET', url: `/api/hooks/${id}/deliveries?state=delivered` });
    for (const tenant of tenants)
      await until(async () => JSON.parse((await log(tenant)).text).length === 10, 30_000);

    const [gone, kept] = tenants;
    const before = (await log(kept)).text;
    await gone.call({ method: 'DELETE', url: `/api/hooks/${id}` });
    const names = tenants.map((tenant) => queueOf({ tenantId: tenant.id as TenantId, id }));
    const { before: queues, after: left } = await sweep(background);
    expect(queues).toEqual(expect.arrayContaining(names));
    expect(names.map((name) => left.includes(name))).toEqual([false, true]);
    expect((await log(kept)).text).toBe(before);
    const { rowCount } = await background.app.database.client.query(
      'SELECT FROM hook_deliveries WHERE tenant_id = $1',
      [gone.id],
    );
    expect(rowCount).toBe(0);
    await change(kept, users[0] ?? '');
    await receivers[1]?.takes(11, 30_000);
    expect(receivers[0]?.received).toHaveLength(10);
  });
});

describe('hooks of a suspended tenant', () => {
  let background: TestOperator;
  const receivers: TestReceiver[] = [];
  beforeAll(async () => {
    const settings = { BACKGROUND_WORK: 'on', HOOKS_ALLOW_PRIVATE_TARGETS: 'on' };
    background = await TestOperator.start(settings, operator.app);
    receivers.push(await TestReceiver.start(), await TestReceiver.start());
  });
  afterAll(async () => {
    await background.app.stop();
    for (const receiver of receivers) await receiver.stop();
  });

  it('wait, and then deliver all that has waited, in order', async () => {
    const tenants = await twoTenants({}, background);
    const [paused, other] = tenants;
    const suspend = (isSuspended: boolean) =>
      background.call('PATCH', `/${paused.id}`, { isSuspended });
    for (const [index, tenant] of tenants.entries()) {
      const body = { url: receivers[index]?.url, enabled: tenant !== paused };
      await tenant.call({ method: 'POST', url: '/api/hooks', body });
      await create(tenant, 'u');
    }
    for (let n = 0; n < 3; n += 1) await change(paused, 'u');
    await suspend(true);
    await background.app.database.client.query(
      'UPDATE hooks SET enabled = true WHERE tenant_id = $1',
      [paused.id],
    );
    // Whoever has seen these has seen that there is more to deliver.
    for (let n = 1; n <= 3; n += 1) {
      await change(other, 'u');
      await receivers[1]?.takes(n + 1);
    }
    expect(receivers[0]?.received).toEqual([]);
    await suspend(false);
    const taken = await receivers[0]?.takes(4);
    expect(taken?.map(({ event }) => event.data.version)).toEqual(range(4));
  });
});

describe('retention', () => {
  it('is of each tenant as its settings say', async () => {
    const tenants = await twoTenants({ eventsRetentionDays: 5 });
    for (const tenant of tenants) for (let n = 0; n < 4; n += 1) await create(tenant, `u${n}`);
    const last = await Promise.all(tenants.map((tenant) => feed(tenant)));
    expect(last.map((answer) => sequences(events(answer)))).toEqual([range(4), range(4)]);
    await operator.app.database.client.query(
      `UPDATE user_events SET occurred_at = now() - interval '10 days'
       WHERE sequence <= 2 AND tenant_id = ANY ($1)`,
      [tenants.map(({ id }) => id)],
    );
    const before = await tenants[1].rows();
    await operator.app.app.get(RetentionService).prune();
    expect(await numbered(tenants)).toEqual([[3, 4], range(4)]);
    expect(await tenants[1].rows()).toEqual(before);
    const late = await Promise.all(tenants.map((tenant) => feed(tenant, 'after=1')));
    expect(late.map(({ status }) => status)).toEqual([410, 200]);
  });

  it('drops a month when all its tenants let it go, and else deletes the rows of those who do', async () => {
    const { app } = operator;
    const { client } = app.database;
    const make = (days?: number) =>
      TestTenant.make(operator, unique('t'), days ? { eventsRetentionDays: days } : {});
    const [one, other, ever] = [await make(31), await make(40), await make()];
    const tenants = [one, other, ever];
    await client.query('TRUNCATE user_events');
    await makeMonths(client, 7);
    for (const tenant of tenants) {
      for (let n = 0; n < 4; n += 1) await create(tenant, `u${n}`);
      await feed(tenant);
    }
    for (const { id } of [one, other]) await moveEvents(client, 6, { tenant: id, to: 1 });
    await moveEvents(client, 5, { tenant: one.id, from: 1, to: 2 });
    await moveEvents(client, 5, { tenant: ever.id, to: 2 });
    await moveEvents(client, 1, { tenant: one.id, from: 2, to: 3 });
    await app.app.get(RetentionService).prune();
    expect(await months(client)).toEqual({ '-2': 0, '-1': 0, '0': 6, '1': 1, '5': 2 });
    expect(await numbered(tenants)).toEqual([[3, 4], [2, 3, 4], range(4)]);
    const after = async (place: number) =>
      (await Promise.all(tenants.map((tenant) => feed(tenant, `after=${place}`)))).map(
        ({ status }) => status,
      );
    expect([await after(1), await after(2)]).toEqual([
      [410, 200, 200],
      [200, 200, 200],
    ]);
  });

  /** Nothing of this tenant can be deleted from the table. */
  const trouble = (table: string, { id }: TestTenant) =>
    operator.app.database.client.query(
      `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
       CREATE TRIGGER refuse BEFORE DELETE ON ${table} FOR EACH ROW
         WHEN (OLD.tenant_id = '${id}') EXECUTE FUNCTION refuse()`,
    );

  it('of one tenant that is in trouble is no trouble of the others', async () => {
    const settings = { eventsRetentionDays: 5 };
    const make = async () => TestTenant.make(operator, unique('t'), settings);
    const [before, troubled, behind] = [await make(), await make(), await make()];
    const tenants = [before, troubled, behind];
    const { client } = operator.app.database;
    for (const tenant of tenants) {
      await create(tenant, 'u');
      await client.query(
        `INSERT INTO idempotency_keys (tenant_id, id, fingerprint, expires_at)
         VALUES ($1, 'k', 'f', now() - interval '1 day')`,
        [tenant.id],
      );
    }
    const ids = tenants.map(({ id }) => id);
    await client.query(
      `UPDATE user_events SET occurred_at = '2020-01-01' WHERE tenant_id = ANY ($1)`,
      [ids],
    );
    for (const table of ['user_events', 'idempotency_keys']) await trouble(table, troubled);
    await operator.app.app.get(RetentionService).prune();
    for (const table of ['user_events', 'idempotency_keys']) {
      await client.query(`DROP TRIGGER refuse ON ${table}`);
      const { rows } = await client.query<{ tenant: string }>(
        `SELECT tenant_id AS tenant FROM ${table} WHERE tenant_id = ANY ($1)`,
        [ids],
      );
      expect(rows).toEqual([{ tenant: troubled.id }]);
    }
  });

  it('of deliveries is, too', async () => {
    const settings = { deliveriesRetentionDays: 5 };
    const [troubled, usual] = await twoTenants(settings);
    const tenants = [troubled, usual, ...(await twoTenants(settings))];
    const { client } = operator.app.database;
    for (const { id } of tenants)
      for (const sql of [
        `INSERT INTO hooks (tenant_id, id, url, types, secrets, enabled, exclude_client_ids, last_sequence)
         VALUES ($1, 'samesamesame', 'https://example.com', '[]', 'x', false, '[]', 0)`,
        `INSERT INTO hook_deliveries (tenant_id, hook_id, sequence, event_id, type, user_id, run, state,
           created_at, updated_at)
         SELECT $1, 'samesamesame', n, gen_random_uuid(), 'User.Created', 'u', 0, 'delivered',
           now() - interval '12 days', now() - n * interval '4 days' FROM generate_series(1, 3) n`,
      ])
        await client.query(sql, [id]);
    await trouble('hook_deliveries', troubled);
    const { problems } = await sweep(operator);
    await client.query('DROP TRIGGER refuse ON hook_deliveries');
    expect(problems).toHaveLength(1);
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(d) FROM unnest($1::text[]) WITH ORDINALITY AS t (id, n)
         LEFT JOIN hook_deliveries d ON d.tenant_id = t.id GROUP BY t.n ORDER BY t.n`,
      [tenants.map(({ id }) => id)],
    );
    expect(rows.map(({ count }) => Number(count))).toEqual([3, 3, 1, 3]);
  });
});
