import type { BackgroundDatabase } from '../database/background-database.js';
import type { BusyHook } from './dispatch.statements.js';
import type { HookDelivery } from './hook-delivery.js';
import { type Dispatched, HookDispatcher } from './hook-dispatcher.js';
import { type HookKey, queueOf } from '../hooks/record/hook-key.js';
import type { HookQueue } from './hook-queue.js';
import { HookWorker } from './hook-worker.js';

/** Milliseconds between two looks whether a hook that has all its jobs has room again. */
const FULL_MS = 1_000;

/** The hooks that have something to do: what is new to them is queued, and each has a worker. */
export class BusyHooks {
  private readonly workers = new Map<string, HookWorker>();
  /** Hooks that have as many jobs as they may, and until when (`performance.now()`) they are not asked again. */
  private readonly fullUntil = new Map<string, number>();
  private readonly dispatcher: HookDispatcher;

  constructor(
    database: BackgroundDatabase,
    private readonly queue: HookQueue,
    private readonly delivery: HookDelivery,
    private readonly onProblem: (problem: unknown) => void,
  ) {
    this.dispatcher = new HookDispatcher(database, queue);
  }

  get areNone(): boolean {
    return this.workers.size === 0;
  }

  /**
   * Works for these, and no longer for those that are disabled or no more, or for which there is nothing to do.
   *
   * @returns whether more could be queued at once
   */
  async workFor(hooks: BusyHook[]): Promise<boolean> {
    this.leaveOthers(new Set(hooks.map(queueOf)));
    let hasMore = false;
    for (const hook of hooks) {
      const name = queueOf(hook);
      const last = Number(hook.last);
      await this.queue.ensure(name);
      if (!this.workers.has(name)) this.workers.set(name, this.startWorker(hook));
      const isUpToDate = !hook.hasUnqueued && Number(hook.lastSequence) >= last;
      if (isUpToDate || performance.now() < (this.fullUntil.get(name) ?? 0)) continue;
      // The trouble of one hook is not that of the next.
      const dispatched = await this.dispatcher
        .dispatch(hook, last)
        .catch((error: unknown): Dispatched => {
          this.onProblem(error);
          return 'none';
        });
      if (dispatched === 'some' || dispatched === 'more') this.workers.get(name)?.wake();
      if (dispatched === 'more') hasMore = true;
      if (dispatched === 'full') this.fullUntil.set(name, performance.now() + FULL_MS);
    }
    return hasMore;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }

  private startWorker(hook: HookKey): HookWorker {
    const deliver = this.delivery.to(hook, this.queue);
    return new HookWorker(queueOf(hook), this.queue, deliver, this.onProblem);
  }

  private leaveOthers(kept: Set<string>): void {
    for (const [name, worker] of this.workers) {
      if (kept.has(name)) continue;
      this.workers.delete(name);
      this.fullUntil.delete(name);
      void worker.stop();
    }
  }
}
