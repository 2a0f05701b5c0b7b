import { Logger } from '@nestjs/common';
import type { BackgroundDatabase, Connection } from '../database/background-database.js';
import * as statements from './dispatch.statements.js';
import type { DispatchedHook, Queued } from './dispatch.statements.js';
import { type HookKey, queueOf } from '../hooks/record/hook-key.js';
import type { HookQueue } from './hook-queue.js';

/** Deliveries that one transaction queues at most. */
const BATCH = 500;

/** Deliveries that are queued at most: what is behind them waits in the feed, where it costs nothing. */
export const MAX_WAITING = 2_000;

export type Dispatched = 'none' | 'some' | 'more' | 'full';

type Made = Partial<Queued> & { reached: string };

/** Feed → jobs, for one hook at a time: whoever locks its row goes on where the last one ended. */
export class HookDispatcher {
  private readonly log = new Logger('hooks');

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly queue: HookQueue,
  ) {}

  /** @returns whether anything was queued, more waits to be, or could not be */
  dispatch({ tenantId, id: hookId }: HookKey, last: number): Promise<Dispatched> {
    const queue = queueOf({ tenantId, id: hookId });
    return this.database.transaction(async (connection) => {
      const [hook] = await connection.run<DispatchedHook>(
        statements.takeHook(tenantId, hookId, MAX_WAITING),
      );
      if (!hook) return 'none';
      if (hook.waiting >= MAX_WAITING) return 'full';
      // Queued before it was taken back: void, and in the way. No new job can be among them, since
      // only who has the row locked makes any.
      if (hook.rewound) await this.queue.empty(queue);
      const again = await connection.run<Queued>(statements.takeUnqueued(tenantId, hookId, BATCH));
      // What follows in the feed comes behind all that is delivered again.
      const { made, reached } =
        again.length < BATCH
          ? await this.follow({ tenantId, id: hookId }, hook, last, connection)
          : { made: [], reached: hook.lastSequence };
      const deliveries = [...again, ...made];
      if (deliveries.length > 0) await this.queue.insert(queue, deliveries, connection);
      await connection.run(statements.moveHook(tenantId, hookId, reached));
      if (again.length === BATCH || Number(reached) < last) return 'more';
      return deliveries.length > 0 ? 'some' : 'none';
    });
  }

  private async follow(key: HookKey, hook: DispatchedHook, last: number, connection: Connection) {
    const { tenantId, id: hookId } = key;
    if (Number(hook.lastSequence) < Number(hook.pruned))
      this.log.warn(
        `hook ${queueOf(key)}: events up to ${hook.pruned} are deleted, it goes on behind`,
      );
    const range = { last, limit: BATCH };
    const rows = await connection.run<Made>(
      statements.insertDeliveries(tenantId, hookId, hook, range),
    );
    const reached = rows[0]?.reached ?? hook.lastSequence;
    const made = rows.filter((row): row is Queued & Made => Boolean(row.sequence));
    // Another instance may have seen more of the feed than this one.
    return {
      made,
      reached: BigInt(reached) > BigInt(hook.lastSequence) ? reached : hook.lastSequence,
    };
  }
}
