import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { TestApp } from './test-app.js';

const MOST_MS = 60_000;

/** Waits until so many statements of the service wait for a lock, on whatever node, and have for so long. */
export async function lockWaits(app: TestApp, count: number, already?: string): Promise<void> {
  const end = performance.now() + MOST_MS;
  while (performance.now() < end) {
    if ((await countLockWaits(app, already)) >= count) return;
    await sleep(20);
  }
  throw new Error(`not ${count} statements wait for a lock`);
}

/** Ends the connection of the service that waits for a lock, once one does; those of others live on. */
export async function cutWaiting(app: TestApp): Promise<void> {
  await lockWaits(app, 1);
  await ofWaiting(app, 'pg_terminate_backend(pid)');
}

export async function countLockWaits(app: TestApp, already = '0 seconds'): Promise<number> {
  return (await ofWaiting(app, 'pid', already)).length;
}

/** Selects it for each statement that waits for a lock, and has for so long; on Citus `pid` is the service's on the coordinator. */
async function ofWaiting(
  { database }: TestApp,
  selected: string,
  already = '0 seconds',
): Promise<unknown[]> {
  const client = new Client(database.url);
  await client.connect();
  try {
    const { rows: activities } = await client.query<{ activity: string }>(
      `SELECT coalesce('SELECT global_pid AS pid, ' || columns || ' FROM ' || to_regclass('citus_stat_activity'),
         'SELECT pid, ' || columns || ' FROM pg_stat_activity') AS activity
       FROM (SELECT 'datname, wait_event_type, query_start' AS columns) what`,
    );
    const { rows } = await client.query(
      `SELECT ${selected} FROM (${activities[0]?.activity}) activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query_start <= clock_timestamp() - $1::interval`,
      [already],
    );
    return rows;
  } finally {
    await client.end();
  }
}
