import { setTimeout as sleep } from 'node:timers/promises';
import type { Answered, Deliver } from './hook-delivery.js';
import type { HookQueue, Job } from './hook-queue.js';

/** Deliveries of one hook that one process makes at the same time, each of another user. */
const PARALLEL = 64;
/** Of these, so many are fetched at once: while some are settled, others are on their way. */
const FETCHED = 32;

/** Milliseconds between two looks for jobs that another process has queued, or whose time has come. */
const POLL_MS = 1_000;

/** Milliseconds after a problem of the queue itself. */
const PAUSE_MS = 1_000;

/** Failures in a row after which a receiver is taken for dead: it is then tried less and less often. */
const PATIENCE = 20;
const SHORTEST_BREAK_MS = 250;
const LONGEST_BREAK_MS = 30_000;

/** Works on the queue of one hook until it is told to stop; a slow receiver holds up no other hook. */
export class HookWorker {
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private failures = 0;
  /** The receiver has asked to be left alone until then (`performance.now()`). */
  private pausedUntil = 0;
  private isWoken = false;
  private wakeUp: (() => void) | undefined;
  private readonly loop: Promise<void>;

  constructor(
    private readonly name: string,
    private readonly queue: HookQueue,
    private readonly deliver: Deliver,
    private readonly onProblem: (problem: unknown) => void,
  ) {
    this.loop = this.work();
  }

  /** There may be jobs. */
  wake(): void {
    this.isWoken = true;
    this.wakeUp?.();
  }

  /** Begins nothing more, and ends when what is running has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await Promise.all(this.running);
  }

  private async work(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.isWoken = false;
      const pause = this.pausedUntil - performance.now();
      if (pause > 0) {
        await this.rest(Math.min(pause, POLL_MS));
        continue;
      }
      const isDown = this.failures >= PATIENCE;
      if (isDown) await this.takeBreak();
      const jobs = await this.fetch(isDown ? 1 : PARALLEL);
      if (jobs.length > 0) for (const attempt of this.deliver(jobs)) this.begin(attempt);
      if (jobs.length < FETCHED) await this.rest(POLL_MS);
    }
  }

  /** What a receiver that does not answer costs must not grow with what waits for it. */
  private async takeBreak(): Promise<void> {
    await Promise.all(this.running);
    const length = SHORTEST_BREAK_MS * 2 ** Math.min(this.failures - PATIENCE, 10);
    await this.sleep(Math.min(length, LONGEST_BREAK_MS));
  }

  private async fetch(parallel: number): Promise<Job[]> {
    const most = Math.min(parallel - this.running.size, FETCHED);
    if (most <= 0 || this.stopping.signal.aborted) return [];
    try {
      return await this.queue.fetch(this.name, most);
    } catch (error) {
      this.onProblem(error);
      await this.sleep(PAUSE_MS);
      return [];
    }
  }

  private begin(attempt: Promise<Answered | undefined>): void {
    const delivery = attempt
      .then((answered) => {
        if (!answered) return;
        this.failures = answered.isDelivered ? 0 : this.failures + 1;
        // Not by the clock, which may be set.
        const until = performance.now() + answered.retryAfterMs;
        this.pausedUntil = Math.max(this.pausedUntil, until);
      })
      .catch(this.onProblem)
      .finally(() => {
        this.running.delete(delivery);
        // The next one for the same user was held back until now. Those that were settled together
        // end in the same turn of the event loop, and are followed by one look for jobs.
        this.wake();
      });
    this.running.add(delivery);
  }

  private async sleep(milliseconds: number): Promise<void> {
    const { signal } = this.stopping;
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  /** Until then, or until there may be jobs, also when that was told since the last look for them. */
  private rest(milliseconds: number): Promise<void> {
    if (this.isWoken || this.stopping.signal.aborted) return Promise.resolve();
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.wakeUp = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
