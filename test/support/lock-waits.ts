import { setTimeout as sleep } from 'node:timers/promises';
import type { TestApp } from './test-app.js';

/** Waits until so many statements of the service wait for a lock. */
export async function lockWaits({ database }: TestApp, count: number): Promise<void> {
  for (;;) {
    const { rows } = await database.client.query<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (Number(rows[0]?.count) >= count) return;
    await sleep(20);
  }
}
