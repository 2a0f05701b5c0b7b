import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import type { Env } from '../../src/config/env.js';
import { HookQueue, type Job } from '../../src/deliveries/hook-queue.js';
import { fetchJobs } from '../../src/deliveries/job.statements.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { unique } from '../support/users.js';

let database: TestDatabase;
let connections: BackgroundDatabase;
let queue: HookQueue;
let hook: string;

beforeAll(async () => {
  database = await createTestDatabase();
  connections = new BackgroundDatabase({ DATABASE_URL: database.url } as Env, new Metrics());
  const env = { HOOKS_TIMEOUT_SECONDS: 2, HOOKS_RETRY_DELAY_SECONDS: 60 } as Env;
  queue = new HookQueue(connections, env, () => undefined);
  await queue.start();
});
beforeEach(async () => {
  hook = unique('hook');
  await queue.ensure(hook);
});
afterAll(async () => {
  await queue.stop();
  await connections.close();
  await database.drop();
});

/** Jobs of these users, in this order. */
const insert = (...users: string[]) =>
  queue.insert(
    hook,
    users.map((userId, index) => ({ sequence: String(index + 1), userId, run: '0' })),
    connections,
  );
const fetch = async (most: number): Promise<Job[]> => {
  const jobs = await queue.fetch(hook, most);
  return jobs.sort((a, b) => (a.id < b.id ? -1 : 1));
};
const places = (jobs: Job[]) => jobs.map(({ data }) => Number(data.sequence));

describe('jobs that are fetched', () => {
  it('are the first of each user, in the order of the feed', async () => {
    await insert('z', 'z', 'a', 'b', 'z', 'a');
    const first = await fetch(2);
    expect(places(first)).toEqual([1, 3]);
    expect(places(await fetch(10))).toEqual([4]);
    await queue.complete(hook, first, connections);
    expect(places(await fetch(10))).toEqual([2, 6]);
    expect(await fetch(10)).toEqual([]);
  });

  it('are none of a user whose job waits for its retry', async () => {
    await insert('a', 'a', 'b');
    const [first] = (await fetch(1)) as [Job];
    await queue.retry(hook, [{ job: first, notBeforeMs: 60_000 }], connections);
    expect(places(await fetch(10))).toEqual([3]);
    await database.client.query(
      `UPDATE hook_queue.job SET start_after = now() WHERE name = $1 AND state = 'retry'`,
      [hook],
    );
    expect(places(await fetch(10))).toEqual([1]);
  });

  it('are nobody else’s', async () => {
    await insert(...Array.from({ length: 200 }, (_, n) => `u${n}`));
    const fetched = await Promise.all(Array.from({ length: 10 }, () => fetch(20)));
    const all = fetched.flat().map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length + (await fetch(200)).length).toBe(200);
  });

  it('cost no more the more there are, also when the planner takes the queue for empty', async () => {
    await database.client.query('DELETE FROM hook_queue.job');
    await database.client.query('VACUUM ANALYZE hook_queue.job_common');
    await insert(...Array.from({ length: 2_000 }, (_, n) => `u${n}`));
    const [sql, parameters] = fetchJobs(hook, 32);
    const { rows } = await database.client.query<{ 'QUERY PLAN': { Plan: Node }[] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      parameters,
    );
    const [explained] = rows[0]?.['QUERY PLAN'] ?? [];
    expect(explained && rowsOf(explained.Plan)).toBeLessThan(20_000);
    expect(await fetch(32)).toHaveLength(32);
  });
});

/** A node of a plan, as EXPLAIN tells it. */
type Node = { Plans?: Node[] } & Record<string, unknown>;

/** Rows that a plan went through: those that each node gave or left out. */
function rowsOf(node: Node): number {
  const each = Object.entries(node)
    .filter(([name]) => name === 'Actual Rows' || name.startsWith('Rows Removed'))
    .reduce((sum, [, count]) => sum + Number(count), 0);
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + rowsOf(plan), 0);
  return each * Number(node['Actual Loops']) + below;
}
