import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { RawSocket } from '../support/raw-socket.js';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

/** More than are accepted in any case. */
const MANY = 1_200;

let app: TestApp;
let token: string;
let id: string;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
  token = await app.issuer.managementToken();
  id = await insertUser(app);
});
afterAll(() => app.stop());

/** Over a connection: what is injected has none, and is not counted. */
async function get(path: string) {
  const { port } = app.app.getHttpServer().address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const json = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, json };
}

/** Keeps the event loop. */
function block(): void {
  for (const end = performance.now() + 1_300; performance.now() < end;);
}

it('answers 503 when the event loop is late again and again, and probes all the same', async () => {
  const sockets = [`/api/users/${id}`, '/api/nothing', '/health/live'].map((path) => ({
    path,
    socket: RawSocket.open(app),
  }));
  // The connections are there, and known to the server.
  for (const { socket } of sockets)
    await socket.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n').has('ok');
  // Each time the server looks how late it is, and at its sockets only after that.
  await turn();
  block();
  await turn();
  for (const { socket, path } of sockets)
    socket.send(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
  block();
  const answers = await Promise.all(sockets.map(({ socket }) => socket.closed));
  const last = answers.map((answer) => answer.slice(answer.lastIndexOf('HTTP/1.1 ')));
  expect(last.map((answer) => answer.slice(9, 12))).toEqual(['503', '503', '200']);
  expect(last[0]).toMatch(/retry-after: 1/i);
  expect(last[0]).toContain('"code":"service.unavailable"');
  while ((await get(`/api/users/${id}`)).status !== 200) await sleep(50);
});

it('answers 503 when too many wait for a user, and serves the others', async () => {
  const holder = new Client(app.database.url);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  const since = performance.now();
  const all = Array.from({ length: MANY }, () => get(`/api/users/${id}`));
  const first = await Promise.race(all);
  expect(first.status).toBe(503);
  // Who asked again at once would cost as much as who is served.
  expect(performance.now() - since).toBeGreaterThan(900);
  expect(first.json['detail']).toBe('The service has too much to do. Nothing was done.');
  expect((await get('/health/live')).status).toBe(200);
  expect((await get('/health/ready')).status).toBe(200);
  await holder.query('ROLLBACK');
  await holder.end();
  const counts = Map.groupBy(await Promise.all(all), ({ status }) => status);
  expect(counts.get(200)?.length).toBeGreaterThanOrEqual(MANY / 2);
  expect((await get(`/api/users/${id}`)).status).toBe(200);
});

it('sees that all are slow beside answers that are quick since there is nothing to do', async () => {
  const holder = new Client(app.database.url);
  await holder.connect();
  /** So many who wait for a lock, and are served late. */
  const held = async (count: number, milliseconds: number) => {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    const all = Array.from({ length: count }, () => get(`/api/users/${id}`));
    await sleep(milliseconds);
    await holder.query('ROLLBACK');
    return Promise.all(all);
  };
  let isOver = false;
  // A token of the wrong kind, no such route, what is not asked for right, no token needed, readers of the feed.
  const paths = ['/api/profile', '/api/nothing', '/api/users?page=x', '/docs-json', '/api/events'];
  const quick = paths.map(async (path) => {
    while (!isOver) {
      await get(path);
      await sleep(10);
    }
  });
  // It forgets that it was slow once nothing is pending.
  const after = (await get('/api/events?limit=1')).headers.get('last-sequence') ?? '0';
  const poll = get(`/api/events?after=${after}&wait=5`);
  // What it takes is seen when it looks.
  expect((await get(`/api/users/${id}`)).status).toBe(200);
  await sleep(250);
  await held(20, 700);
  await held(20, 700);
  await sleep(250);
  const statuses = (await held(300, 1_000)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(20);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(150);
  isOver = true;
  await Promise.all([...quick, poll]);
  await holder.end();
});

it('does not count who waits for events', async () => {
  const feed = await get('/api/events?limit=1');
  const after = feed.headers.get('last-sequence') ?? '0';
  const polls: ReturnType<typeof get>[] = [];
  // A few at a time: until it waits, each is work as any other request.
  while (polls.length < MANY / 2 + 100) {
    for (let n = 0; n < 20; n += 1) polls.push(get(`/api/events?after=${after}&wait=10`));
    expect((await get(`/api/users/${id}`)).status).toBe(200);
  }
  for (const { status } of await Promise.all(polls)) expect(status).toBe(200);
});
