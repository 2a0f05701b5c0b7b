import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { until } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';

const LIMITS = { LIMITS_READ: '20/1h' };

const apps: TestApp[] = [];
afterAll(async () => {
  for (const app of apps.reverse()) await app.stop();
  // So long the client of Redis waits for its next attempt, also when it is closed, and keeps the worker.
  await sleep(2_000);
});

async function start(store: string, shared?: TestApp) {
  const app = await TestApp.start({ ...LIMITS, LIMITS_STORE: store }, [], shared);
  apps.push(app);
  return app;
}

async function statusOf(app: TestApp, client_id: string) {
  const token = await app.issuer.managementToken({ client_id });
  return (await app.call({ method: 'GET', url: '/api/users/x', token })).status;
}

it('instances count together in PostgreSQL', async () => {
  const one = await start('postgres');
  const other = await start('postgres', one);
  for (let count = 0; count < 18; count += 1) expect(await statusOf(one, 'both')).toBe(404);
  const answers: number[] = [];
  await until(async () => {
    answers.push(await statusOf(other, 'both'));
    // They tell each other now and then, not with each request.
    await sleep(300);
    return answers.at(-1) === 429;
  });
  expect(answers.length).toBeLessThan(20);
  expect(await statusOf(other, 'another')).toBe(404);
});

it('an instance whose store is away counts by itself, and says so once', async () => {
  const app = await start(`redis://:hidden@127.0.0.1:${await freePort()}`);
  const statuses = [];
  for (let count = 0; count <= 20; count += 1) statuses.push(await statusOf(app, 'alone'));
  expect(statuses).toEqual([...Array<number>(20).fill(404), 429]);
  const told = () => app.log.filter((line) => line.includes('LIMITS_STORE'));
  await until(async () => told().length > 0);
  expect(told().length).toBe(1);
  expect(told()[0]).not.toContain('hidden');
});
