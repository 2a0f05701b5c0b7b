import { type Job, PgBoss, type QueueOptions, systemClock } from 'pg-boss';
import type { BackgroundDatabase, Connection } from '../database/background-database.js';
import type { Env } from '../config/env.js';
import type { Queued } from './dispatch.statements.js';

/** What a job says: which delivery, and of which replay. Everything else is looked up. */
export interface DeliveryJob {
  sequence: string;
  run: string;
}

/** Seconds beyond the time of a delivery after which whoever had its job must have died. */
const EXPIRY_MARGIN = 5;
/** Seconds between two looks for jobs whose worker died. */
const SUPERVISION = 3;
const SIX_HOURS = 6 * 60 * 60;
/** Seconds. Deliveries wait for ever for a hook that is disabled; retries are counted in the log. */
const FOR_EVER = 1_000_000_000;
/** When jobs may begin, and were made: whatever a clock says, it is past. FOR_EVER counts from it. */
const LONG_AGO = '2020-01-01T00:00:00Z';

/** The queues of all hooks, in the schema that a migration has made; see docs/adr/0007. */
export class HookQueue {
  private readonly boss: PgBoss;
  private readonly known = new Set<string>();
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
      superviseIntervalSeconds: SUPERVISION,
      monitorIntervalSeconds: SUPERVISION,
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
  async ensure(hookId: string): Promise<void> {
    if (this.known.has(hookId)) return;
    await this.boss.createQueue(hookId, { policy: 'key_strict_fifo', ...this.options });
    await this.boss.updateQueue(hookId, this.options);
    this.known.add(hookId);
  }

  /**
   * Jobs come in the order of the feed; of one user, none overtakes another. All are as old as each
   * other, so that their ids decide, and the time at which a clock says they were made does not.
   */
  async insert(hookId: string, deliveries: Queued[], connection: Connection): Promise<void> {
    const jobs = deliveries.map(({ sequence, run, userId }) => ({
      id: jobId(sequence, run),
      singletonKey: userId,
      startAfter: LONG_AGO,
      data: { sequence, run } satisfies DeliveryJob,
    }));
    await this.boss.insert(hookId, jobs, { db: connection });
    const ids = jobs.map(({ id }) => id);
    await connection.executeSql(
      'UPDATE hook_queue.job SET created_on = $3 WHERE name = $1 AND id = ANY ($2::uuid[])',
      [hookId, ids, LONG_AGO],
    );
  }

  fetch(hookId: string, most: number): Promise<Job<DeliveryJob>[]> {
    return this.boss.fetch<DeliveryJob>(hookId, { batchSize: most });
  }

  async complete(hookId: string, job: Job<DeliveryJob>, db: Connection): Promise<void> {
    await this.boss.complete(hookId, job, null, { db });
  }

  /** It is tried again later, not before so many milliseconds, and holds back what follows for the same user. */
  async retry(
    hookId: string,
    job: Job<DeliveryJob>,
    db: Connection,
    notBeforeMs = 0,
  ): Promise<void> {
    await this.boss.fail(hookId, job, null, { db });
    if (notBeforeMs > 0)
      await db.executeSql(
        `UPDATE hook_queue.job SET start_after = greatest(start_after, hook_queue.job_now() + $3 * interval '1 ms')
         WHERE name = $1 AND id = $2::uuid`,
        [hookId, job.id, notBeforeMs],
      );
  }

  /**
   * After the clock of the database was set back: what counts from a time that is yet to come, as
   * retries, jobs whose worker died and supervision do, counts from now.
   */
  async forgetFuture(): Promise<void> {
    const now = 'hook_queue.job_now()';
    await this.database.executeSql(
      `UPDATE hook_queue.queue SET monitor_claim_on = ${now}, maintain_on = ${now}
       WHERE greatest(monitor_claim_on, maintain_on) > ${now}`,
    );
    await this.database.executeSql(
      `UPDATE hook_queue.job SET started_on = ${now}, start_after = start_after - (started_on - ${now})
       WHERE state IN ('active', 'retry') AND started_on > ${now}`,
    );
  }

  /** Deletes the jobs that nobody works on. */
  async empty(hookId: string): Promise<void> {
    await this.boss.deleteQueuedJobs(hookId);
  }

  async names(): Promise<string[]> {
    return (await this.boss.getQueues()).map(({ name }) => name);
  }

  async delete(hookId: string): Promise<void> {
    await this.boss.deleteQueue(hookId);
    this.known.delete(hookId);
  }
}

/** A UUID that sorts as the feed does, and is another one in each replay. */
export function jobId(sequence: string, run: string): string {
  const hex = [sequence, run].map((part) => BigInt(part).toString(16).padStart(16, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
