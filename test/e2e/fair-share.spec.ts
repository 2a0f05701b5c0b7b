import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { JsonReader } from '../../src/json/json-reader.js';
import { lockWaits } from '../support/lock-waits.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const OTHERS = 8;

let app: TestApp;
let holder: Client;
beforeAll(async () => {
  // As busy as can be, whatever this machine does.
  jest
    .spyOn(performance, 'eventLoopUtilization')
    .mockImplementation(() => ({ active: performance.now(), idle: 0, utilization: 1 }));
  app = await TestApp.start();
  holder = new Client(app.database.url);
  await holder.connect();
});
afterAll(async () => {
  jest.restoreAllMocks();
  await holder.end();
  await app.stop();
});

const patch = (token: string, id: string) =>
  app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: unique() } });
const waited = async () => {
  const { text } = await app.call({ method: 'GET', url: '/metrics' });
  return Number(/^nameplate_requests_in_turn_total (\d+)$/m.exec(text)?.[1]);
};
const clientToken = () => app.issuer.managementToken({ client_id: unique() });

it('while it is busy, a caller beside others waits for its turn, and none of the others does', async () => {
  const held = await insertUser(app);
  const tokens = await Promise.all(Array.from({ length: OTHERS }, clientToken));
  const [greedy, late] = await Promise.all([clientToken(), clientToken()]);
  await patch(late, await insertUser(app));
  await holder.query('BEGIN');
  await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [held]);
  const others = tokens.map((token) => patch(token, held));
  await lockWaits(app, 1, '0.3 seconds');
  expect(await waited()).toBe(0);
  const parse = jest.spyOn(JsonReader.prototype, 'read');
  const own = Array.from({ length: 40 }, () => patch(greedy, held));
  // What is answered meanwhile is another's.
  expect((await patch(late, await insertUser(app))).status).toBe(200);
  expect(await waited()).toBeGreaterThanOrEqual(30);
  // What waits is bytes.
  expect(parse.mock.calls.length).toBeLessThanOrEqual(11);
  await holder.query('ROLLBACK');
  const statuses = (await Promise.all([...others, ...own])).map(({ status }) => status);
  expect(statuses).toEqual(statuses.map(() => 200));
});

it('a caller whose answers nobody knows yet has few of them at a time, until one is there', async () => {
  // Who was there before is forgotten.
  await sleep(1_000);
  const token = await clientToken();
  const histories = async (count: number) => {
    const url = `/api/users/${await insertUser(app)}/events`;
    const before = await waited();
    const sent = Array.from({ length: count }, () => app.call({ method: 'GET', url, token }));
    for (const { status } of await Promise.all(sent)) expect(status).toBe(200);
    return (await waited()) - before;
  };
  expect(await histories(40)).toBeGreaterThanOrEqual(30);
  expect(await histories(40)).toBe(0);
});
