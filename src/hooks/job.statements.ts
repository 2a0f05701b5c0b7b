import { acrossTenants, type Statement } from '../database/statement.js';

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
