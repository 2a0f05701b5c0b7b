import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { lockWaits } from '../support/lock-waits.js';
import { until } from '../support/receiver.js';
import { insertTenant, TestOperator } from '../support/tenants.js';
import type { Answer, TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

/** Requests in a window, which is long enough for a busy machine. */
const LIMIT = 5;
const SECONDS = 3;

let operator: TestOperator;
let app: TestApp;
let url: string;
let userId: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  operator = await TestOperator.start({
    LIMITS_READ: `${LIMIT}/${SECONDS}s`,
    LIMITS_WRITE: '1000/10s,2',
    LIMITS_SEARCH: '1/1h',
    LIMITS_PASSWORD: '3/1h',
    LIMITS_STREAM: '1000/10s,1',
    LIMITS_TENANT: '3',
  });
  app = operator.app;
  for (const id of ['a', 'b', 'c', 'd', 'e']) await insertTenant(app, id);
  userId = await insertUser(app, { tenant_id: 'c' });
  await app.app.listen(0, '127.0.0.1');
  url = await app.app.getUrl();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => app.stop());

const tokenOf = (tenant: string, client_id: string) =>
  app.issuer.sign({ sub: client_id, client_id, aud: `urn:${tenant}:m`, scope: 'all' });

async function call(tenant: string, client: string, method = 'GET', body?: unknown) {
  const headers = { host: `${tenant}.users.test` };
  const path = `/api/users/${userId}`;
  return app.call({ method, url: path, token: await tokenOf(tenant, client), body, headers });
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  let last = false;
  await until(async () => (last = await isSo()));
  expect(last).toBe(true);
}

const firstOf = async (socket: Socket) => String((await once(socket, 'data'))[0]);

const times = (count: number, ask: () => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, ask));
const refused = (answers: Answer[]) => answers.filter(({ status }) => status === 429);

describe('the rate of a caller', () => {
  it('is told once half of it is used up', async () => {
    const client = unique();
    for (const left of [4, 3, 2, 1, 0]) {
      const { headers } = await call('a', client);
      const isNear = left < LIMIT / 2;
      expect(headers['ratelimit-policy']).toBe(
        isNear ? `"read";q=${LIMIT};w=${SECONDS}` : undefined,
      );
      if (isNear) expect(headers['ratelimit']).toMatch(`"read";r=${left};t=`);
      else expect(headers['ratelimit']).toBeUndefined();
    }
  });

  it('is kept: what is beyond is 429, which says the limit and how long, and others go on', async () => {
    const client = unique();
    const answers = await times(LIMIT + 2, () => call('a', client));
    expect(refused(answers).length).toBe(2);
    const [{ json, headers } = {} as Answer] = refused(answers);
    const wait = Number(headers['retry-after']);
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(SECONDS);
    expect(headers['ratelimit']).toBe(`"read";r=0;t=${wait}`);
    expect(headers['ratelimit-policy']).toBe(`"read";q=${LIMIT};w=${SECONDS}`);
    expect(json).toMatchObject({ status: 429, code: 'request.rate_limited' });
    expect(json.detail).toBe(
      `More than ${LIMIT} in ${SECONDS} s from one caller (read): try again in ${wait} s.`,
    );
    expect((await call('a', unique())).status).toBe(404);
    expect((await call('b', client)).status).toBe(404);
    expect((await call('a', client, 'PATCH', {})).status).toBe(404);
  });

  it('is whole again after the time that was told', async () => {
    const client = unique();
    // Of a tenant of its own, whose limit is not reached before the caller's.
    const [first] = refused(await times(LIMIT + 1, () => call('e', client)));
    await sleep(Number(first?.headers['retry-after']) * 1_000);
    expect((await call('e', client)).status).toBe(404);
  });

  it('does not hold for probes and the API document', async () => {
    const paths = ['/health/live', '/health/ready', '/openapi.json'];
    for (const path of paths) {
      const answers = await times(LIMIT + 2, () => app.call({ method: 'GET', url: path }));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(answers[0]?.headers['ratelimit']).toBeUndefined();
    }
  });

  it('is that of a client whatever its tokens are, and of a user whatever the client is', async () => {
    const client = unique();
    const one = (sub: string) =>
      app.issuer.sign({ sub, client_id: client, aud: 'urn:d:m', scope: 'all' });
    const user = (client_id: string) =>
      app.issuer.sign({ sub: client, client_id, aud: 'urn:d:u', scope: 'profile' });
    const ask = (path: string, token: string) =>
      app.call({ method: 'GET', url: path, token, headers: { host: 'd.users.test' } });
    const count = LIMIT + 1;
    const asClient = await times(count, async () => ask('/api/users/x', await one(unique())));
    const asUser = await times(count, async () => ask('/api/profile', await user(unique())));
    expect([asClient, asUser].map((answers) => refused(answers).length)).toEqual([1, 1]);
  });
});

it('passwords have a rate of their own, also those that a user is made with; digests cost nothing', async () => {
  const client = unique();
  const send = async (method: string, path: string, body: object) => {
    const token = await tokenOf('c', client);
    const headers = { host: 'c.users.test' };
    return app.call({ method, url: `/api/users${path}`, token, body, headers });
  };
  const digest = { passwordDigest: 'a'.repeat(32), passwordAlgorithm: 'MD5' };
  for (const password of ['correct horse', 'battery staple'])
    expect((await send('POST', '', { password })).status).toBe(201);
  expect((await send('PATCH', `/${userId}/password`, { password: 'new' })).status).toBe(200);
  const { status, headers } = await send('POST', '', { password: 'correct horse' });
  expect([status, headers['ratelimit-policy']]).toEqual([429, '"password";q=3;w=3600']);
  expect((await send('POST', '', digest)).status).toBe(201);
  expect((await send('PATCH', `/${userId}/password`, { password: 'x' })).status).toBe(429);
  expect((await send('POST', '', {})).status).toBe(201);
});

it('searches are counted apart from pages', async () => {
  const client = unique();
  const token = await tokenOf('a', client);
  const list = (query: string) =>
    app.call({
      ...{ method: 'GET', url: `/api/users?${query}`, token },
      headers: { host: 'a.users.test' },
    });
  const searches = await times(2, () => list('search=%25x%25'));
  expect(searches.map(({ status }) => status).sort()).toEqual([200, 429]);
  expect(refused(searches)[0]?.headers['ratelimit-policy']).toBe('"search";q=1;w=3600');
  expect((await list('page=1&page_size=5')).status).toBe(200);
  expect((await list('page=100&page_size=100')).status).toBe(200);
  expect((await list('page=101&page_size=100')).status).toBe(429);
  expect((await list('page=501')).status).toBe(429);
});

it('a tenant as a whole has a rate, which other tenants do not feel', async () => {
  const answers = (
    await Promise.all(
      Array.from({ length: 4 }, () => {
        const client = unique();
        return times(LIMIT, () => call('b', client));
      }),
    )
  ).flat();
  expect(refused(answers).length).toBe(LIMIT);
  expect(refused(answers)[0]?.json.detail).toContain('from all callers (tenant-read)');
  expect((await call('c', unique())).status).not.toBe(429);
});

describe('requests at a time', () => {
  /** A request that was let in, and whose body does not come. */
  async function hang(client: string): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    sockets.push(socket);
    socket.write(
      `PATCH /api/users/${userId} HTTP/1.1\r\nHost: c.users.test\r\n` +
        `Authorization: Bearer ${await tokenOf('c', client)}\r\n` +
        'Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n',
    );
    expect(await firstOf(socket)).toContain('HTTP/1.1 100');
    return socket;
  }

  const write = (client: string) => call('c', client, 'PATCH', {});
  const isFree = (client: string) => async () => (await write(client)).status === 200;

  it('have a bound for each caller', async () => {
    const client = unique();
    for (let held = 0; held < 2; held += 1) await hang(client);
    const { status, headers, json } = await write(client);
    expect(status).toBe(429);
    expect(headers).toMatchObject({ 'retry-after': '1', ratelimit: '"write-at-once";r=0' });
    expect(headers['ratelimit-policy']).toContain('"write-at-once";q=2;qu="concurrent-requests"');
    expect(json.detail).toContain('More than 2 at a time from one caller (write)');
    expect((await write(unique())).status).toBe(200);
  });

  it.each([
    ['leaves', (socket: Socket) => socket.destroy()],
    ['is refused', (socket: Socket) => socket.write('{,}'.padEnd(12))],
    ['closes its side', (socket: Socket) => socket.end()],
  ])('are fewer again when a client %s', async (_, end) => {
    const client = unique();
    const [first] = [await hang(client), await hang(client)];
    expect((await write(client)).status).toBe(429);
    end(first);
    await eventually(isFree(client));
  });

  it('are those of a client that has left, too, as long as their work goes on', async () => {
    const client = unique();
    const locker = app.database.client;
    const held = [await hang(client), await hang(client)];
    expect((await write(client)).status).toBe(429);
    await locker.query('BEGIN');
    await locker.query("SELECT 1 FROM users WHERE tenant_id = 'c' AND id = $1 FOR UPDATE", [
      userId,
    ]);
    for (const socket of held) socket.write('{"name":"x"}');
    await lockWaits(app, 1);
    // By a reset: who only closes its side still gets its answer.
    for (const socket of held) socket.resetAndDestroy();
    await sleep(200);
    expect((await write(client)).status).toBe(429);
    await locker.query('COMMIT');
    await eventually(isFree(client));
  });

  it('of streams are counted apart, and are fewer again when the reader leaves', async () => {
    const client = unique();
    const headers = {
      host: 'c.users.test',
      authorization: `Bearer ${await tokenOf('c', client)}`,
    };
    const wait = () =>
      app.call({
        ...{ method: 'GET', url: '/api/events?wait=0', token: headers.authorization.slice(7) },
        headers: { host: headers.host },
      });
    const stream = connect(Number(new URL(url).port), '127.0.0.1');
    sockets.push(stream);
    stream.write(
      `GET /api/events HTTP/1.1\r\nHost: ${headers.host}\r\nAccept: text/event-stream\r\n` +
        `Authorization: ${headers.authorization}\r\n\r\n`,
    );
    expect(await firstOf(stream)).toContain('HTTP/1.1 200');
    expect((await wait()).status).toBe(429);
    expect((await write(client)).status).toBe(200);
    expect((await call('c', client)).status).toBe(200);
    stream.destroy();
    await eventually(async () => (await wait()).status === 200);
  });
});
