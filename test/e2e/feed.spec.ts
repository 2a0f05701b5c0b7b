import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { parseFeedQuery } from '../../src/events/event-query.js';
import { events, type Event, sequences } from '../support/events.js';
import { type Answer, TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
let base: string;
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken();
  await app.app.listen(0, '127.0.0.1');
  base = await app.app.getUrl();
});
afterAll(() => app.stop());

const call = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url, token, body, headers });
const feed = (query: string) => call('GET', `/api/events?${query}`);
const change = (id: string, body: object = { name: unique() }) =>
  call('PATCH', `/api/users/${id}`, body);
const lastSequence = async () => Number((await feed('limit=1')).headers['last-sequence']);
const nextOf = ({ next }: Answer) => next ?? '';

describe('GET /api/events', () => {
  it('has every event, oldest first, numbered from 1 without gaps, as a CloudEvents batch', async () => {
    const id = await insertUser(app);
    for (let n = 0; n < 5; n += 1) await change(id);
    const answer = await feed('');
    expect(answer.headers['content-type']).toContain('application/cloudevents-batch+json');
    const all = sequences(events(answer));
    expect(all).toEqual(Array.from({ length: await lastSequence() }, (_, index) => index + 1));
    expect(
      events(answer)
        .slice(-5)
        .map(({ data }) => data.version),
    ).toEqual([2, 3, 4, 5, 6]);
  });

  it('goes on behind `after`, a page at a time, through Link', async () => {
    const id = await insertUser(app);
    const start = await lastSequence();
    for (let n = 0; n < 5; n += 1) await change(id);
    const seen: number[] = [];
    let page = await feed(`after=${start}&limit=2`);
    while (events(page).length > 0) {
      seen.push(...sequences(events(page)));
      page = await call('GET', nextOf(page));
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => start + n));
    // The last link leads to what is still to come.
    await change(id);
    expect(sequences(events(await call('GET', nextOf(page))))).toEqual([start + 6]);
  });

  it('ends a page early when its events are large, and misses none', async () => {
    const id = await insertUser(app);
    const start = await lastSequence();
    for (let n = 0; n < 45; n += 1)
      await change(id, { customData: { big: `${n}`.padEnd(64_000, 'x') } });
    const seen: number[] = [];
    const lengths: number[] = [];
    for (let page = await feed(`after=${start}`); events(page).length > 0;) {
      lengths.push(events(page).length);
      seen.push(...sequences(events(page)));
      page = await call('GET', nextOf(page));
    }
    expect(seen).toEqual(Array.from({ length: 45 }, (_, index) => start + index + 1));
    expect(lengths.length).toBeGreaterThan(1);
    const [first = 0] = lengths;
    const history = await call('GET', `/api/users/${id}/events`);
    expect(events(history).length).toBeLessThan(first + 3);
    const older = events(await call('GET', nextOf(history)));
    expect(older[0]?.data.version).toBe(Number(events(history).at(-1)?.data.version) - 1);
  });

  it('has only the types asked for, and goes on behind the others', async () => {
    const start = await lastSequence();
    const id = await insertUser(app);
    await change(id);
    await call('PATCH', `/api/users/${id}/is-suspended`, { isSuspended: true });
    await change(id);
    const page = await feed(`after=${start}&types=User.SuspensionStatus.Updated,User.Deleted`);
    expect(events(page).map(({ type }) => type)).toEqual(['User.SuspensionStatus.Updated']);
    expect(nextOf(page)).toContain(`after=${start + 3}`);
  });

  it.each([
    'after=-1',
    'after=x',
    'after=1e3',
    'after=999999',
    'limit=0',
    'limit=1001',
    'types=Nope',
    'types=',
    'types=User.Created,',
    'wait=61',
    'wait=-1',
    'nope=1',
    'after=1&after=2',
  ])('refuses %s', async (query) => {
    const answer = await feed(query);
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].pointer).toBe(`/${query.split('=')[0]}`);
  });

  it('refuses a Last-Event-ID that is no sequence', async () => {
    const answer = await call('GET', '/api/events', undefined, { 'last-event-id': 'x' });
    expect(answer.json.code).toBe('request.invalid_header');
  });
});

describe('a reader that waits', () => {
  it('is answered when something changes', async () => {
    const id = await insertUser(app);
    const waiting = feed(`after=${await lastSequence()}&wait=20`);
    await sleep(300);
    const begin = Date.now();
    await change(id);
    expect(events(await waiting)[0]?.subject).toBe(id);
    expect(Date.now() - begin).toBeLessThan(18_000);
  });

  it('waits on when only events of other types come', async () => {
    const id = await insertUser(app);
    const waiting = feed(`after=${await lastSequence()}&wait=20&types=User.Deleted`);
    await change(id);
    await sleep(500);
    await call('DELETE', `/api/users/${id}`);
    expect(events(await waiting).map(({ type }) => type)).toEqual(['User.Deleted']);
  });

  it('is answered before a proxy gives up on it after a minute', () => {
    expect(parseFeedQuery({ wait: '60' }, undefined).waitMs).toBe(55_000);
    expect(parseFeedQuery({ wait: '20' }, undefined).waitMs).toBe(20_000);
  });

  it('does not wait longer than its token is valid', async () => {
    const exp = Math.floor(Date.now() / 1000) + 2;
    const bearer = await app.issuer.managementToken({ exp });
    const url = `/api/events?after=${await lastSequence()}&wait=20`;
    const answer = await app.call({ method: 'GET', url, token: bearer });
    expect(answer.status).toBe(200);
    expect(Date.now() / 1000).toBeLessThan(exp + 15);
  });

  it('is answered with nothing, and where to go on, when the time is over', async () => {
    const start = await lastSequence();
    const answer = await feed(`after=${start}&wait=1`);
    expect(events(answer)).toEqual([]);
    expect(nextOf(answer)).toContain(`after=${start}`);
  });
});

/** Opens an event stream and collects its events until `count` are there. */
async function stream(
  query: string,
  count: number,
  { headers = {}, bearer = token }: { headers?: Record<string, string>; bearer?: string } = {},
) {
  const gone = new AbortController();
  const response = await fetch(`${base}/api/events?${query}`, {
    headers: { authorization: `Bearer ${bearer}`, accept: 'text/event-stream', ...headers },
    signal: gone.signal,
  });
  let text = '';
  const seen = () => text.split('\n\n').filter((block) => block.includes('\ndata: '));
  if (response.status === 200)
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (seen().length >= count) break;
    }
  gone.abort();
  const parsed = seen().map((block) => ({
    id: /^id: (.*)$/m.exec(block)?.[1],
    event: /^event: (.*)$/m.exec(block)?.[1],
    data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as Event,
  }));
  return { response, text, parsed };
}

describe('an event stream', () => {
  it('has what was, then what comes, as server-sent events', async () => {
    const id = await insertUser(app);
    const start = await lastSequence();
    await change(id);
    const reading = stream(`after=${start}`, 2);
    await sleep(300);
    await change(id);
    const { response, parsed } = await reading;
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(parsed.map((one) => one.id)).toEqual([String(start + 1), String(start + 2)]);
    expect(parsed[0]?.event).toBe('User.Data.Updated');
    expect(parsed[0]?.data).toMatchObject({ specversion: '1.0', subject: id });
  });

  it.each([
    ['text/html, TEXT/EVENT-STREAM', true],
    ['application/json, text/event-stream;q=0', false],
  ])('is what Accept: %s asks for: %s', async (accept, isStream) => {
    const { response } = await stream('types=User.Deleted&limit=1', 0, { headers: { accept } });
    const type = response.headers.get('content-type') ?? '';
    expect(type.startsWith('text/event-stream')).toBe(isStream);
  });

  it('goes on behind Last-Event-ID, which stands above `after`', async () => {
    const id = await insertUser(app);
    const start = await lastSequence();
    for (let n = 0; n < 3; n += 1) await change(id);
    const headers = { 'last-event-id': String(start + 2) };
    const { parsed } = await stream('after=0', 1, { headers });
    expect(parsed[0]?.id).toBe(String(start + 3));
  });

  it('ends when the token expires', async () => {
    const exp = Math.floor(Date.now() / 1000) + 2;
    const bearer = await app.issuer.managementToken({ exp });
    const { text } = await stream(`after=${await lastSequence()}`, 1, { bearer });
    expect(text).toContain('retry: ');
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp);
  });

  it('is refused before it begins when something is wrong', async () => {
    const { response } = await stream('after=999999', 1);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

describe('readers that poll while writers commit', () => {
  it('miss nothing and see nothing twice: 24 writers, some with slow commits', async () => {
    const WRITERS = 24;
    const CHANGES = 12;
    const ids = await Promise.all(Array.from({ length: WRITERS }, () => insertUser(app)));
    const start = await lastSequence();
    let isWriting = true;

    const reader = async (limit: number): Promise<Event[]> => {
      const seen: Event[] = [];
      let position = start;
      for (let rounds = 0; rounds < 2;) {
        const page = await feed(`after=${position}&limit=${limit}`);
        seen.push(...events(page));
        position = Number(/after=(\d+)/.exec(nextOf(page))?.[1]);
        // Two empty rounds more after the last commit.
        if (!isWriting && events(page).length === 0) rounds += 1;
      }
      return seen;
    };
    const readers = [reader(1), reader(7), reader(1000)];

    const quick = async (id: string) => {
      for (let n = 0; n < CHANGES; n += 1) expect((await change(id)).status).toBe(200);
    };
    // The change is made at once, its commit comes late: later ones of other writers overtake it.
    const slow = async (id: string) => {
      const client = new Client(app.database.url);
      await client.connect();
      for (let n = 0; n < CHANGES; n += 1) {
        await client.query('BEGIN');
        await client.query(
          `WITH u AS (UPDATE users SET version = version + 1 WHERE id = $1 RETURNING *)
           INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, type, changes)
           SELECT tenant_id, gen_random_uuid(), id, version, clock_timestamp(), 'User.Data.Updated', '[]'
           FROM u`,
          [id],
        );
        await sleep(Math.random() * 120);
        await client.query('COMMIT');
      }
      await client.end();
    };
    await Promise.all(ids.map((id, index) => (index % 2 === 0 ? quick(id) : slow(id))));
    isWriting = false;

    const expected = Array.from({ length: WRITERS * CHANGES }, (_, index) => start + index + 1);
    for (const seen of await Promise.all(readers)) {
      expect(sequences(seen)).toEqual(expected);
      for (const id of ids) {
        const versions = seen.filter((one) => one.subject === id).map(({ data }) => data.version);
        expect(versions).toEqual(Array.from({ length: CHANGES }, (_, index) => index + 2));
      }
    }
  });

  it('of two service instances see the same order', async () => {
    const id = await insertUser(app);
    const start = await lastSequence();
    const client = new Client(app.database.url);
    await client.connect();
    const numbering = Array.from({ length: 30 }, async () => {
      await change(id);
      await client.query(`SELECT sequence_user_events('default', 1)`);
    });
    await Promise.all(numbering);
    await client.end();
    const seen = events(await feed(`after=${start}`));
    expect(sequences(seen)).toEqual(Array.from({ length: 30 }, (_, index) => start + index + 1));
    expect(seen.map(({ data }) => data.version)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 2),
    );
  });
});

describe('events that wait for their numbers', () => {
  it('are not gone through for each of them', async () => {
    const COUNT = 3_000;
    // What others have read may be counted seconds later: here nobody has.
    const quiet = await TestApp.start();
    const client = new Client(quiet.database.url);
    await client.connect();
    await client.query(
      `INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, type, changes)
       SELECT 'default', gen_random_uuid(), 'many' || n, 1, clock_timestamp(), 'User.Created', '[]'
       FROM generate_series(1, $1) n`,
      [COUNT],
    );
    const entriesRead = async () => {
      await client.query('SELECT pg_stat_force_next_flush()');
      const { rows } = await client.query<{ read: string }>(
        `SELECT sum(idx_tup_read) AS read FROM pg_stat_user_indexes WHERE relname LIKE 'user_events%'`,
      );
      return Number(rows[0]?.read);
    };
    const before = await entriesRead();
    for (let n = 0; n < COUNT; n += 1_000)
      await client.query(`SELECT sequence_user_events('default', 1000)`);
    const read = (await entriesRead()) - before;
    await client.end();
    await quiet.stop();
    expect(read).toBeGreaterThan(COUNT);
    expect(read).toBeLessThan(10 * COUNT);
  });
});
