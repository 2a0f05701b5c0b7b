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

/** Ends the connection of whoever waits for a lock, once somebody does; those of others live on. */
export async function cutWaiting(app: TestApp): Promise<void> {
  await lockWaits(app, 1);
  await app.database.client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
}

export async function countLockWaits(
  { database }: TestApp,
  already = '0 seconds',
): Promise<number> {
  const client = new Client(database.url);
  await client.connect();
  try {
    const { rows: views } = await client.query<{ activity: string }>(
      `SELECT coalesce(to_regclass('citus_stat_activity'), 'pg_stat_activity') AS activity`,
    );
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*) FROM ${views[0]?.activity}
       WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query_start <= clock_timestamp() - $1::interval`,
      [already],
    );
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
