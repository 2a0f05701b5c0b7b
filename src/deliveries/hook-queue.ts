import { LRUCache } from 'lru-cache';
import { PgBoss, type QueueOptions, systemClock } from 'pg-boss';
import type { BackgroundDatabase, Connection } from '../database/background-database.js';
import type { Env } from '../config/env.js';
import type { Queued } from './dispatch.statements.js';
import * as statements from './job.statements.js';

/** What a job says: which delivery, and of which replay. Everything else is looked up. */
export interface DeliveryJob {
  sequence: string;
  run: string;
}

/** A job that was begun. */
export interface Job {
  id: string;
  data: DeliveryJob;
}

/** A job that is tried again, but not before so many milliseconds. */
export interface Retry {
  job: Job;
  notBeforeMs: number;
}

/** Seconds beyond the time of a delivery after which whoever had its job must have died. */
const EXPIRY_MARGIN = 5;
/** Seconds in which a queue is looked after once, however many processes would. */
const SUPERVISION = 3;
/** Seconds for which what queues are like is remembered: it does not change. */
const REMEMBERED = 3_600;
/** Queues that are remembered to be there at most; to make one again does no harm. */
const MAX_KNOWN = 50_000;
const SIX_HOURS = 6 * 60 * 60;
/** Seconds. Deliveries wait for ever for a hook that is disabled; retries are counted in the log. */
const FOR_EVER = 1_000_000_000;

/** The queues of all hooks, in the schema that a migration has made; see docs/adr/0007. */
export class HookQueue {
  private readonly boss: PgBoss;
  private readonly known = new LRUCache<string, true>({ max: MAX_KNOWN });
  private readonly options: QueueOptions;

  constructor(
    private readonly database: BackgroundDatabase,
    { HOOKS_TIMEOUT_SECONDS, HOOKS_RETRY_DELAY_SECONDS }: Env,
    onProblem: (problem: unknown) => void,
  ) {
    const hasBackoff = HOOKS_RETRY_DELAY_SECONDS > 0;
    this.options = {
      expireInSeconds: HOOKS_TIMEOUT_SECONDS + EXPIRY_MARGIN,
      retryLimit: FOR_EVER,
      retryDelay: HOOKS_RETRY_DELAY_SECONDS,
      retryBackoff: hasBackoff,
      ...(hasBackoff && { retryDelayMax: SIX_HOURS }),
      retentionSeconds: FOR_EVER,
      deleteAfterSeconds: 60,
    };
    this.boss = new PgBoss({
      db: database,
      schema: 'hook_queue',
      migrate: false,
      createSchema: false,
      schedule: false,
      // It would look at every queue that there is; we tell it which.
      supervise: false,
      monitorIntervalSeconds: SUPERVISION,
      queueCacheIntervalSeconds: REMEMBERED,
      maintenanceIntervalSeconds: 60,
      reindex: false,
      monitorVacuum: false,
      // Its timers wait for no clock that is set back.
      clock: { ...systemClock, now: () => performance.timeOrigin + performance.now() },
    });
    this.boss.on('error', onProblem);
  }

  async start(): Promise<void> {
    await this.boss.start();
  }

  /** Ends supervision; whoever works on jobs has ended before. */
  stop(): Promise<void> {
    return this.boss.stop({ graceful: false, close: false });
  }

  /** Makes the queue of a hook, with the settings of now, unless this process already did. */
  async ensure(name: string): Promise<void> {
    if (this.known.has(name)) return;
    await this.boss.createQueue(name, { policy: 'key_strict_fifo', ...this.options });
    await this.boss.updateQueue(name, this.options);
    this.known.set(name, true);
  }

  /** Jobs come in the order of the feed; of one user, none overtakes another. */
  async insert(name: string, deliveries: Queued[], connection: Connection): Promise<void> {
    const jobs = deliveries.map(({ sequence, run, userId }) => ({
      id: jobId(sequence, run),
      key: userId,
      data: { sequence, run } satisfies DeliveryJob,
    }));
    await connection.run(statements.insertJobs(name, jobs));
  }

  /** Begins jobs: those of one user one after the other. */
  fetch(name: string, most: number): Promise<Job[]> {
    return this.database.run<Job>(statements.fetchJobs(name, most));
  }

  /** They are done with: nobody looks at them again, so they are not kept either. */
  async complete(name: string, jobs: Job[], db: Connection): Promise<void> {
    await this.boss.deleteJob(name, idsOf(jobs), { db });
  }

  /** They are tried again later, and hold back what follows for the same users. */
  async retry(name: string, retries: Retry[], db: Connection): Promise<void> {
    const jobs = retries.map(({ job }) => job);
    await this.boss.fail(name, idsOf(jobs), null, { db });
    const later = retries.filter(({ notBeforeMs }) => notBeforeMs > 0);
    if (later.length > 0)
      await db.run(
        statements.putOff(
          name,
          idsOf(later.map(({ job }) => job)),
          later.map(({ notBeforeMs }) => notBeforeMs),
        ),
      );
  }

  /**
   * After the clock of the database was set back: what counts from a time that is yet to come, as
   * retries, jobs whose worker died and supervision do, counts from now.
   */
  async forgetFuture(): Promise<void> {
    await this.database.run(statements.forgetFutureClaims());
    await this.database.run(statements.forgetFutureStarts());
  }

  /** Jobs whose worker died are tried again. */
  async replaceDead(): Promise<void> {
    const queues = await this.database.run<{ name: string }>(statements.selectExpired());
    for (const { name } of queues) await this.boss.supervise(name);
  }

  /** Deletes the jobs that nobody works on. */
  async empty(name: string): Promise<void> {
    await this.boss.deleteQueuedJobs(name);
  }

  /** Those whose hooks are no more. */
  async orphans(): Promise<string[]> {
    const queues = await this.database.run<{ name: string }>(statements.selectOrphans());
    return queues.map(({ name }) => name);
  }

  async delete(name: string): Promise<void> {
    await this.boss.deleteQueue(name);
    this.known.delete(name);
  }
}

const idsOf = (jobs: Job[]) => jobs.map(({ id }) => id);

/** A UUID that sorts as the feed does, and is another one in each replay. */
export function jobId(sequence: string, run: string): string {
  const hex = [sequence, run].map((part) => BigInt(part).toString(16).padStart(16, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
