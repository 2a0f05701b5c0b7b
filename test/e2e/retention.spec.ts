import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RetentionService } from '../../src/retention/retention.service.js';
import { events, sequences } from '../support/events.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
let id: string;
beforeAll(async () => {
  app = await TestApp.start({ EVENTS_RETENTION_DAYS: '30' });
  token = await app.issuer.managementToken();
  id = await insertUser(app);
});
afterAll(() => app.stop());

const feed = (query: string) => app.call({ method: 'GET', url: `/api/events?${query}`, token });
const prune = (batch: number) => app.app.get(RetentionService).prune(batch);

/** Ten new events, the first of which are so old. */
async function tenEvents(old: number, days: number): Promise<number> {
  const start = Number((await feed('limit=1')).headers['last-sequence']);
  for (let n = 0; n < 10; n += 1)
    await app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: unique() } });
  await feed('');
  await app.database.client.query(
    `UPDATE user_events SET occurred_at = now() - make_interval(days => $1)
     WHERE sequence > $2 AND sequence <= $2 + $3`,
    [days, start, old],
  );
  return start;
}

describe('EVENTS_RETENTION_DAYS', () => {
  beforeEach(async () => {
    await app.database.client.query('DELETE FROM user_events');
  });

  it.each([1, 3, 1000])('deletes what is older, in batches of %i', async (batch) => {
    const start = await tenEvents(6, 31);
    await prune(batch);
    expect(sequences(events(await feed('')))).toEqual([7, 8, 9, 10].map((n) => start + n));
  });

  it('deletes also what no reader has ever asked for', async () => {
    await app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: unique() } });
    await app.database.client.query(
      `UPDATE user_events SET occurred_at = now() - interval '31 days'`,
    );
    await prune(1000);
    const { rowCount } = await app.database.client.query('SELECT FROM user_events');
    expect(rowCount).toBe(0);
  });

  it('keeps what is younger, and everything behind it', async () => {
    const start = await tenEvents(6, 29);
    await app.database.client.query(
      `UPDATE user_events SET occurred_at = now() - interval '40 days' WHERE sequence > $1`,
      [start + 8],
    );
    await prune(4);
    expect(events(await feed(''))).toHaveLength(10);
  });

  it('tells readers who come too late, and only those', async () => {
    const start = await tenEvents(6, 31);
    await prune(1000);
    const late = await feed(`after=${start + 5}`);
    expect([late.status, late.json.code]).toEqual([410, 'event.expired']);
    expect(sequences(events(await feed(`after=${start + 6}`)))).toHaveLength(4);
    expect(sequences(events(await feed('after=0')))).toHaveLength(4);
    // The numbers go on behind the last one, also when none is left.
    await app.database.client.query('DELETE FROM user_events');
    await tenEvents(0, 0);
    expect(sequences(events(await feed('')))[0]).toBe(start + 11);
  });
});

describe('Idempotency-Keys', () => {
  it('are deleted when they are over', async () => {
    for (const key of ['a', 'b', 'c'])
      await app.call({
        method: 'PATCH',
        url: `/api/users/${id}`,
        token,
        body: { name: key },
        headers: { 'idempotency-key': key },
      });
    const { client } = app.database;
    const { rows } = await client.query<{ id: string }>('SELECT id FROM idempotency_keys');
    const [kept] = rows;
    await client.query(
      `UPDATE idempotency_keys SET expires_at = now() - interval '1 second' WHERE id <> $1`,
      [kept?.id],
    );
    await prune(1);
    const left = await client.query<{ id: string }>('SELECT id FROM idempotency_keys');
    expect([rows.length, left.rows]).toEqual([3, [kept]]);
  });
});
