import type { ClientBase } from 'pg';

/** Milliseconds that PostgreSQL gives to a statement, and within it to the wait for a lock. 0 is no limit. */
export interface TimeLimits {
  statement: number;
  lock: number;
}

/** Of requests. A lock is waited for less long than a connection, so that who waits for one of those gets it. */
export const REQUEST_LIMITS: TimeLimits = { statement: 8_000, lock: 4_000 };

/** Of a search: what it costs grows with all users, not with one. */
export const SEARCH_LIMITS: TimeLimits = { statement: 3_000, lock: 3_000 };

/** Of work in the background. */
export const BACKGROUND_LIMITS: TimeLimits = { statement: 25_000, lock: 10_000 };

/**
 * Of migrations, which may take their time. Who waits for a lock holds up all who come after: less long than a
 * request waits, then they pass, and the migration asks again (retryOnLock).
 */
export const MIGRATION_LIMITS: TimeLimits = { statement: 0, lock: 2_000 };

/** Milliseconds without an answer after which the database is taken for one that is not there. */
export const SILENCE_MS = REQUEST_LIMITS.statement + 2_000;

const pooled = new WeakMap<object, TimeLimits>();

/**
 * SQL that gives these limits to the session, and says whose it is. A session behind a pooler in
 * transaction mode (PgBouncer) is another client's a moment later, and is left as it is: its process is
 * not the one that was told to us.
 */
export const limitSession = ({ statement, lock }: TimeLimits, processId: number) => `
  SELECT pg_backend_pid() AS pid, CASE WHEN pg_backend_pid() = ${processId} THEN
    set_config('statement_timeout', '${statement}', false) || set_config('lock_timeout', '${lock}', false) END AS limits`;

/** Remembers that the session of a connection has no limits, so that each of its transactions must have these. */
export const markPooled = (client: ClientBase, limits: TimeLimits) => pooled.set(client, limits);

export const isPooled = (client: ClientBase) => pooled.has(client);

/**
 * SQL that begins a transaction: with limits of its own, or where the session has none those that are due.
 * What has its own is a search, which takes no more than one processor.
 */
export function beginWith(client: ClientBase, own?: TimeLimits): string {
  const limits = own ?? pooled.get(client);
  if (!limits) return 'BEGIN';
  const alone = own ? '; SET LOCAL max_parallel_workers_per_gather = 0' : '';
  return `BEGIN; SET LOCAL statement_timeout = ${limits.statement}; SET LOCAL lock_timeout = ${limits.lock}${alone}`;
}
