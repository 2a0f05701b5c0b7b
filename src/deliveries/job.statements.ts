import { acrossTenants, type Statement } from '../database/statement.js';
import { QUEUE_NAME } from '../hooks/record/hook-key.js';

/** When jobs may begin, and were made: whatever a clock says, it is past. */
const LONG_AGO = '2020-01-01T00:00:00Z';

export interface NewJob {
  /** UUID. */
  id: string;
  /** Jobs of one key are worked on one after the other. */
  key: string;
  data: object;
}

/**
 * Adds jobs to a queue. All are as old as each other, so that their ids decide, and the time at which a
 * clock says they were made does not; the library's own INSERT has that time, and would have to be followed
 * by an UPDATE.
 */
export function insertJobs(queue: string, jobs: NewJob[]): Statement {
  return acrossTenants(
    `INSERT INTO hook_queue.job (id, name, singleton_key, data, start_after, created_on, keep_until,
       policy, expire_seconds, deletion_seconds, retry_limit, retry_delay, retry_backoff,
       retry_delay_max)
     SELECT j.id, q.name, j.key, j.data, t.past, t.past, t.past + q.retention_seconds * interval '1 s',
       q.policy, q.expire_seconds, q.deletion_seconds, q.retry_limit, q.retry_delay,
       q.retry_backoff, q.retry_delay_max
     FROM json_to_recordset($2::json) AS j (id uuid, key text, data jsonb)
       JOIN hook_queue.queue q ON q.name = $1 CROSS JOIN (SELECT $3::timestamptz AS past) t
     ON CONFLICT DO NOTHING`,
    [queue, JSON.stringify(jobs), LONG_AGO],
  );
}

/**
 * Begins the oldest jobs of a queue, of each key the one that is first, unless another of that key is being
 * worked on or waits for its retry; what the library's own statement for the policy `key_strict_fifo` does.
 * That one joins in loops as long as the planner takes the queue for nearly empty, as which it mostly is
 * analysed, and takes time that grows with the square of what waits. This one looks up each key by an index,
 * whatever the statistics.
 */
export function fetchJobs(queue: string, most: number): Statement {
  return acrossTenants(
    `WITH head AS MATERIALIZED (
       SELECT DISTINCT ON (singleton_key) id, singleton_key FROM hook_queue.job_common
       WHERE name = $1 AND state < 'active' AND NOT blocked AND policy = 'key_strict_fifo'
         AND start_after <= hook_queue.job_now()
       ORDER BY singleton_key, state DESC, created_on, id),
     next AS MATERIALIZED (
       SELECT job.id FROM (SELECT * FROM head ORDER BY id) head
         CROSS JOIN LATERAL (
           SELECT j.id FROM hook_queue.job_common j
           WHERE j.name = $1 AND j.id = head.id AND j.state < 'active'
             AND NOT EXISTS (SELECT FROM hook_queue.job_common b
               WHERE b.name = $1 AND b.singleton_key = head.singleton_key
                 AND b.state IN ('active', 'retry', 'failed') AND b.policy = 'key_strict_fifo'
                 AND b.id <> head.id OFFSET 0)
           FOR UPDATE SKIP LOCKED) job
       LIMIT $2)
     UPDATE hook_queue.job_common SET state = 'active', started_on = hook_queue.job_now(),
       heartbeat_on = hook_queue.job_now(),
       retry_count = CASE WHEN started_on IS NULL THEN retry_count ELSE retry_count + 1 END
     WHERE name = $1 AND id = ANY (ARRAY(SELECT id FROM next))
     RETURNING id, data`,
    [queue, most],
  );
}

/** The queues whose hooks are no more: a hook is there before its queue is. */
export const selectOrphans = () =>
  acrossTenants(
    `SELECT q.name FROM hook_queue.queue q LEFT JOIN hooks h ON ${QUEUE_NAME} = q.name
     WHERE h.id IS NULL`,
  );

/** What the index of jobs has that are worked on or wait for a retry. */
const BEGUN = `policy = 'key_strict_fifo' AND state IN ('active', 'retry', 'failed')`;

/** The queues with jobs whose worker must have died. */
export const selectExpired = () =>
  acrossTenants(
    `SELECT DISTINCT name FROM hook_queue.job_common
     WHERE ${BEGUN} AND state = 'active'
       AND started_on + expire_seconds * interval '1 s' < (SELECT hook_queue.job_now())`,
  );

const now = '(SELECT hook_queue.job_now())';

/** Queues that are looked after at a time that is yet to come, are so now. */
export const forgetFutureClaims = () =>
  acrossTenants(
    `UPDATE hook_queue.queue SET monitor_claim_on = ${now}, maintain_on = ${now}
     WHERE greatest(monitor_claim_on, maintain_on) > ${now}`,
  );

/** Jobs that were begun at a time that is yet to come, were so now. */
export const forgetFutureStarts = () =>
  acrossTenants(
    `UPDATE hook_queue.job_common SET started_on = ${now},
       start_after = start_after - (started_on - ${now})
     WHERE ${BEGUN} AND state IN ('active', 'retry') AND started_on > ${now}`,
  );

/** Puts off retries, each at least by so many milliseconds. */
export const putOff = (queue: string, ids: string[], milliseconds: number[]) =>
  acrossTenants(
    `UPDATE hook_queue.job j
     SET start_after = greatest(start_after, hook_queue.job_now() + l.ms * interval '1 ms')
     FROM unnest($2::uuid[], $3::float8[]) AS l (id, ms) WHERE j.name = $1 AND j.id = l.id`,
    [queue, ids, milliseconds],
  );
