import { setTimeout as sleep } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Env } from '../config/env.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { TENANT } from '../database/tenant.js';
import { sequenceEvents } from '../events/event.statements.js';
import { glanceAtHooks, type HookGlance } from './dispatch.statements.js';
import { HookDelivery } from './hook-delivery.js';
import { type Dispatched, HookDispatcher } from './hook-dispatcher.js';
import type { HookQueue } from './hook-queue.js';
import { HookWorker } from './hook-worker.js';
import { HooksSweeper } from './hooks-sweeper.js';
import { Receiver } from './receiver.js';

/** Milliseconds between two looks at the hooks: while there is none, and while there is one. */
const IDLE_MS = 1_000;
const BUSY_MS = 200;

/** Milliseconds between two looks whether a hook that has all its jobs has room again. */
const FULL_MS = 1_000;

/** Milliseconds that running deliveries have to end when the service stops. */
const GRACE_MS = 10_000;

/** Milliseconds between two warnings. */
const QUIET_MS = 10_000;

/** Events that get their place in the feed at once. */
const SEQUENCED = 1_000;

/** Delivers to hooks, in every instance that does background work; they share it through the database. */
@Injectable()
export class HooksBackground
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly log = new Logger('hooks');
  private readonly workers = new Map<string, HookWorker>();
  private readonly closing = new AbortController();
  private queue: HookQueue | undefined;
  private loop = Promise.resolve();
  /** Hooks that have as many jobs as they may, and until when (`performance.now()`) they are not asked again. */
  private readonly fullUntil = new Map<string, number>();
  private quietUntil = 0;

  constructor(
    private readonly env: Env,
    private readonly database: BackgroundDatabase,
    private readonly delivery: HookDelivery,
    private readonly sweeper: HooksSweeper,
    private readonly receiver: Receiver,
  ) {}

  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_WORK === 'on') this.loop = this.work();
  }

  /** Begins to stop, while the last requests are answered. */
  onModuleDestroy(): void {
    this.closing.abort();
    this.loop = this.loop.then(() => this.stop());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop;
    await Promise.all([this.database.close(), this.receiver.close()]);
  }

  private async work(): Promise<void> {
    while (!this.closing.signal.aborted) {
      let pause = IDLE_MS;
      try {
        pause = await this.look();
      } catch (error) {
        this.warn(error);
      }
      await sleep(pause, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** One look at the hooks, and what follows from it. Answers the milliseconds until the next one. */
  private async look(): Promise<number> {
    const hooks = await this.database.run<HookGlance>(glanceAtHooks(TENANT));
    if (hooks.length === 0 && !this.queue) return IDLE_MS;
    this.queue ??= await this.startQueue();
    await this.sweeper.sweep(this.queue).catch((error: unknown) => this.warn(error));
    const enabled = hooks.filter((hook) => hook.enabled);
    this.stopWorkers(new Set(enabled.map(({ id }) => id)));
    const hasMore = enabled.length > 0 && (await this.dispatch(this.queue, enabled));
    if (hasMore) return 0;
    return hooks.length > 0 ? BUSY_MS : IDLE_MS;
  }

  /** Without a hook, pg-boss is not even loaded. */
  private async startQueue(): Promise<HookQueue> {
    const { HookQueue } = await import('./hook-queue.js');
    const queue = new HookQueue(this.database, this.env, (problem) => this.warn(problem));
    await queue.start().catch(async (error: unknown) => {
      await queue.stop();
      throw error;
    });
    return queue;
  }

  /** Answers whether more could be queued at once. */
  private async dispatch(queue: HookQueue, hooks: HookGlance[]): Promise<boolean> {
    let hasMore = false;
    const [sequence] = await this.database.run<{ last: string }>(sequenceEvents(TENANT, SEQUENCED));
    const last = Number(sequence?.last);
    const dispatcher = new HookDispatcher(this.database, queue);
    for (const { id, lastSequence, hasUnqueued } of hooks) {
      await queue.ensure(id);
      if (!this.workers.has(id)) this.workers.set(id, this.startWorker(queue, id));
      const isUpToDate = !hasUnqueued && Number(lastSequence) >= last;
      if (isUpToDate || performance.now() < (this.fullUntil.get(id) ?? 0)) continue;
      // The trouble of one hook is not that of the next.
      const dispatched = await dispatcher.dispatch(id, last).catch((error: unknown): Dispatched => {
        this.warn(error);
        return 'none';
      });
      if (dispatched === 'some' || dispatched === 'more') this.workers.get(id)?.wake();
      if (dispatched === 'more') hasMore = true;
      if (dispatched === 'full') this.fullUntil.set(id, performance.now() + FULL_MS);
    }
    return hasMore;
  }

  private startWorker(queue: HookQueue, id: string): HookWorker {
    return new HookWorker(id, queue, this.delivery.to(id, queue), (problem) => this.warn(problem));
  }

  private stopWorkers(kept: Set<string>): void {
    for (const [id, worker] of this.workers) {
      if (kept.has(id)) continue;
      this.workers.delete(id);
      this.fullUntil.delete(id);
      void worker.stop();
    }
  }

  private async stop(): Promise<void> {
    const ended = Promise.all([...this.workers.values()].map((worker) => worker.stop()));
    await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })]);
    await this.queue?.stop().catch((error: unknown) => this.warn(error));
  }

  /** Now and then: a database that is away is a problem of many looks. */
  private warn(problem: unknown): void {
    if (performance.now() < this.quietUntil) return;
    this.quietUntil = performance.now() + QUIET_MS;
    this.log.warn(`background work: ${kindOf(problem)}`);
  }
}

/** Its code or name: the message of a database repeats values. */
const kindOf = (problem: unknown) => {
  const { code, name } = problem as { code?: string; name?: string };
  return code ?? name ?? 'unknown';
};
