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
import { sequenceEvents } from '../events/record/sequence.statements.js';
import { Tenants } from '../tenancy/tenants.js';
import { BusyHooks } from './busy-hooks.js';
import {
  type BusyHook,
  hasHooks,
  type Movement,
  selectBusyHooks,
  selectMovement,
} from './dispatch.statements.js';
import { HookDelivery } from './hook-delivery.js';
import type { HookQueue } from './hook-queue.js';
import { HooksSweeper } from './hooks-sweeper.js';
import { OutstandingDeliveries } from './outstanding-deliveries.js';
import { Receiver } from './receiver.js';

/** Milliseconds between two looks at all hooks, unless a feed moves or something is on its way. */
const IDLE_MS = 1_000;
/** And between two looks whether any feed has moved. */
const BUSY_MS = 200;

/** How many times as long as a look takes the pause behind it is, if that is more; and where nothing moves. */
const REST = 4;
const IDLE_REST = 100;
/** What hooks wait for at most whose feed has not moved, such as one that is enabled. */
const LONGEST_MS = 5_000;

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
  private readonly closing = new AbortController();
  /** Once there is a hook. */
  private started: { queue: HookQueue; hooks: BusyHooks } | undefined;
  private loop = Promise.resolve();
  private sweeping: Promise<void> | undefined;
  /** When all hooks are to be looked at, whether or not anything seems to have happened. */
  private lookAt = 0;
  /** What all feeds together were like at the last look. */
  private places = '';
  private quietUntil = 0;

  constructor(
    private readonly env: Env,
    private readonly database: BackgroundDatabase,
    private readonly delivery: HookDelivery,
    private readonly sweeper: HooksSweeper,
    private readonly outstanding: OutstandingDeliveries,
    private readonly receiver: Receiver,
    private readonly tenants: Tenants,
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

  /** One look at the feeds, and at the hooks of all tenants. Answers the milliseconds until the next one. */
  private async look(): Promise<number> {
    const isDue = performance.now() >= this.lookAt;
    if (isDue && !(await this.hasWork())) return IDLE_MS;
    const { queue, hooks } = (this.started ??= await this.start());
    this.sweep(queue);
    const hasMoved = await this.followFeeds();
    // Whatever a hook has to do, its feed has moved, or it is on its way, or it can wait for a second.
    if (!isDue && !hasMoved && hooks.areNone) return BUSY_MS;
    const since = performance.now();
    const busy = await this.database.run<BusyHook>(selectBusyHooks(!this.tenants.only));
    const took = performance.now() - since;
    this.lookAt = performance.now() + between(IDLE_MS, IDLE_REST * took, LONGEST_MS);
    if (await hooks.workFor(busy)) return 0;
    // However many hooks there are, to look at them is a small part of the time.
    return between(BUSY_MS, REST * took, IDLE_MS);
  }

  private async hasWork(): Promise<boolean> {
    const [any] = await this.database.run<{ hasHooks: boolean }>(hasHooks());
    return any?.hasHooks === true || this.started !== undefined;
  }

  /** Beside the deliveries, which wait for none of it. */
  private sweep(queue: HookQueue): void {
    const onProblem = (problem: unknown) => this.warn(problem);
    this.sweeping ??= this.sweeper
      .sweep(queue, onProblem)
      .then(() => this.outstanding.look())
      .catch(onProblem)
      .finally(() => (this.sweeping = undefined));
  }

  /** Numbers what waits for it: without a number, it is not in the feed yet. Answers whether any feed has moved. */
  private async followFeeds(): Promise<boolean> {
    const [now] = await this.database.run<Movement>(selectMovement());
    for (const tenantId of now?.awaited ?? [])
      await this.database
        .run(sequenceEvents(tenantId, SEQUENCED))
        .catch((error: unknown) => this.warn(error));
    const hasMoved = now?.places !== this.places || now.awaited.length > 0;
    this.places = now?.places ?? '';
    return hasMoved;
  }

  /** Without a hook, pg-boss is not even loaded. */
  private async start() {
    const { HookQueue } = await import('./hook-queue.js');
    const onProblem = (problem: unknown) => this.warn(problem);
    const queue = new HookQueue(this.database, this.env, onProblem);
    await queue.start().catch(async (error: unknown) => {
      await queue.stop();
      throw error;
    });
    return { queue, hooks: new BusyHooks(this.database, queue, this.delivery, onProblem) };
  }

  private async stop(): Promise<void> {
    const ended = this.started?.hooks.stop();
    await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })]);
    await this.sweeping;
    await this.started?.queue.stop().catch((error: unknown) => this.warn(error));
  }

  /** Now and then: a database that is away is a problem of many looks. */
  private warn(problem: unknown): void {
    if (performance.now() < this.quietUntil) return;
    this.quietUntil = performance.now() + QUIET_MS;
    this.log.warn(`background work: ${kindOf(problem)}`);
  }
}

const between = (least: number, wanted: number, most: number) =>
  Math.min(most, Math.max(least, wanted));

/** Its code or name: the message of a database repeats values. */
const kindOf = (problem: unknown) => {
  const { code, name } = problem as { code?: string; name?: string };
  return code ?? name ?? 'unknown';
};
