import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { until } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';

/** `npm run test:redis`: instances beside a real redis-server, which must be installed (apt-get install redis-server). */
let redis: ChildProcess;
let port: number;
let one: TestApp;
let other: TestApp;

async function startRedis(): Promise<void> {
  const memoryOnly = ['--save', '', '--appendonly', 'no'];
  redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...memoryOnly]);
  const failed = once(redis, 'error').then(() => {
    throw new Error('redis-server is not installed: apt-get install redis-server');
  });
  const ready = (async () => {
    for await (const line of redis.stdout ?? [])
      if (String(line).includes('Ready to accept connections')) return;
    throw new Error('redis-server did not start');
  })();
  await Promise.race([failed, ready]);
  redis.stdout?.resume();
}

async function stopRedis(): Promise<void> {
  const ended = once(redis, 'exit');
  redis.kill();
  await ended;
}

beforeAll(async () => {
  port = await freePort();
  await startRedis();
  const settings = {
    LIMITS_READ: '20/1h',
    LIMITS_FAILED_PASSWORDS: '3/1h',
    LIMITS_STORE: `redis://127.0.0.1:${port}`,
  };
  one = await TestApp.start(settings);
  other = await TestApp.start(settings, [], one);
});
afterAll(async () => {
  await other.stop();
  await one.stop();
  await stopRedis();
});

async function statusOf(app: TestApp, client_id: string) {
  const token = await app.issuer.managementToken({ client_id });
  return (await app.call({ method: 'GET', url: '/api/users/x', token })).status;
}

async function askUntilRefused(app: TestApp, client: string): Promise<number> {
  let answers = 0;
  await until(async () => {
    answers += 1;
    return (await statusOf(app, client)) === 429;
  });
  return answers;
}

it('instances count together in Redis', async () => {
  for (let count = 0; count < 18; count += 1) expect(await statusOf(one, 'both')).toBe(404);
  expect(await askUntilRefused(other, 'both')).toBeLessThan(20);
});

it('they go on by themselves while Redis is away, say so once, and count together again afterwards', async () => {
  await stopRedis();
  expect(await askUntilRefused(other, 'alone')).toBe(21);
  expect(await statusOf(one, 'alone')).toBe(404);
  // Nest has one logger, that of the instance which was started last.
  const told = () => other.log.filter((line) => line.includes('LIMITS_STORE'));
  await until(async () => told().length > 0);
  await startRedis();
  await until(async () => {
    await statusOf(other, 'again');
    return told().length === 2;
  });
  expect(told().map((line) => line.includes('answers again'))).toEqual([false, true]);
});
