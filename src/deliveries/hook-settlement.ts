import { Logger } from '@nestjs/common';
import type { BackgroundDatabase, Connection } from '../database/background-database.js';
import { Batch } from '../database/batch.js';
import * as statements from './attempt.statements.js';
import type { NotedAttempt } from './attempt.statements.js';
import { type HookKey, queueOf } from '../hooks/record/hook-key.js';
import { type DeliveryJob, type HookQueue, type Job, jobId, type Retry } from './hook-queue.js';

/** Standard Webhooks: the receiver wants nothing more. */
export const GONE = 410;

/** How an attempt ended. */
export interface Outcome extends Omit<NotedAttempt, 'sequence' | 'run'> {
  retryAfterMs: number;
}

interface Settled {
  job: Job;
  /** Or what becomes of a job for which nothing was tried. */
  outcome: Outcome | 'void' | 'later';
}

/** Deliveries that one transaction settles at most. */
const SIZE = 100;

/**
 * Tells the log and the queue of one hook how attempts ended, so that both say the same: those that end
 * while a transaction runs share the next one.
 */
export class HookSettlement {
  private readonly log = new Logger('hooks');
  private readonly batch = new Batch<Settled, undefined>((items) => this.run(items), {
    size: SIZE,
    parallel: 1,
  });

  constructor(
    private readonly hook: HookKey,
    private readonly queue: HookQueue,
    private readonly database: BackgroundDatabase,
    private readonly maxAttempts: number,
    private readonly onDead: () => void,
  ) {}

  /** Done when it is committed. */
  settle(job: Job, outcome: Settled['outcome']): Promise<undefined> {
    return this.batch.add({ job, outcome });
  }

  private async run(items: Settled[]): Promise<undefined[]> {
    const tried = items.flatMap(({ job, outcome }) =>
      typeof outcome === 'string' ? [] : [{ job, outcome }],
    );
    const isGone = tried.some(({ outcome }) => outcome.statusCode === GONE);
    const states = await this.database.transaction(async (connection) => {
      if (isGone) await connection.run(statements.disableHook(this.hook.tenantId, this.hook.id));
      const states = await this.note(tried, connection);
      await this.settleJobs(items, states, connection);
      return states;
    });
    for (const { job, outcome } of tried)
      if (states.get(job.id) === 'dead') {
        this.onDead();
        this.warn(`event ${job.data.sequence} is a dead letter: ${outcome.error}`);
      }
    if (isGone) this.warn('disabled, the receiver is gone (410)');
    return items.map(() => undefined);
  }

  /** @returns the id of a job → the state of its delivery, if that was still the job's */
  private async note(tried: { job: Job; outcome: Outcome }[], connection: Connection) {
    if (tried.length === 0) return new Map<string, string>();
    const attempts = tried.map(({ job, outcome }) => ({ ...job.data, ...outcome }));
    const noted = await connection.run<DeliveryJob & { state: string }>(
      statements.noteAttempts(this.hook.tenantId, this.hook.id, attempts, this.maxAttempts),
    );
    return new Map(noted.map(({ sequence, run, state }) => [jobId(sequence, run), state]));
  }

  private async settleJobs(items: Settled[], states: Map<string, string>, connection: Connection) {
    const retries: Retry[] = [];
    // Dead is complete, too: a job that has failed for good would hold back its user for ever.
    const completed: Job[] = [];
    for (const { job, outcome } of items)
      if (outcome === 'later') retries.push({ job, notBeforeMs: 0 });
      else if (outcome === 'void' || states.get(job.id) !== 'pending') completed.push(job);
      else retries.push({ job, notBeforeMs: outcome.retryAfterMs });
    if (retries.length > 0) await this.queue.retry(queueOf(this.hook), retries, connection);
    if (completed.length > 0) await this.queue.complete(queueOf(this.hook), completed, connection);
  }

  private warn(message: string): void {
    this.log.warn(`hook ${queueOf(this.hook)}: ${message}`);
  }
}
