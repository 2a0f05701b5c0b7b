import { setTimeout as sleep } from 'node:timers/promises';
import type { TestApp } from './test-app.js';

const MOST_MS = 60_000;

/** Waits until so many statements of the service wait for a lock, and have for so long, also from within a transaction. */
export async function lockWaits(
  { database }: TestApp,
  count: number,
  already = '0 seconds',
): Promise<void> {
  const end = performance.now() + MOST_MS;
  while (performance.now() < end) {
    // In a transaction, what was seen once would be seen again.
    await database.client.query('SELECT pg_stat_clear_snapshot()');
    const { rows } = await database.client.query<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query_start <= clock_timestamp() - $1::interval`,
      [already],
    );
    if (Number(rows[0]?.count) >= count) return;
    await sleep(20);
  }
  throw new Error(`not ${count} statements wait for a lock`);
}
