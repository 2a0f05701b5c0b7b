import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { databaseUnavailable } from './database-unavailable.js';
import { preparedQuery } from './prepared-query.js';
import { retryOnContention } from './retry-on-contention.js';
import type { Statement } from './statement.js';

type Run<Result> = (manager: EntityManager) => Promise<Result>;

const current = new AsyncLocalStorage<QueryRunner>();

/** Whether a transaction is open, which every `query` belongs to. */
export const inTransactionNow = () => current.getStore() !== undefined;

/**
 * Runs it in a transaction, again when it lost against another one; or, where there is a transaction
 * already, behind a savepoint of that. Every `query` inside belongs to it.
 */
export async function inTransaction<Result>(
  database: DataSource,
  run: Run<Result>,
): Promise<Result> {
  const outer = current.getStore();
  if (outer) return runIn(outer, run, 'commitTransaction');
  return retryOnContention(() => runAlone(database, run, 'commitTransaction'));
}

/** The same, but nothing of it stays. */
export function rolledBack<Result>(database: DataSource, run: Run<Result>): Promise<Result> {
  return retryOnContention(() => runAlone(database, run, 'rollbackTransaction'));
}

/** One statement: in the transaction that there is, if any, or else by itself. */
export function query<Row>(database: DataSource, [sql, parameters]: Statement): Promise<Row[]> {
  if (!current.getStore())
    return retryOnContention(() => preparedQuery<Row>(database, [sql, parameters]));
  // Behind a savepoint, or a refusal would be the end of the transaction.
  return inTransaction(database, (manager) => manager.query<Row[]>(sql, parameters));
}

type End = 'commitTransaction' | 'rollbackTransaction';

async function runAlone<Result>(database: DataSource, run: Run<Result>, end: End): Promise<Result> {
  const runner = database.createQueryRunner();
  try {
    return await runIn(runner, run, end);
  } finally {
    await runner.release();
  }
}

async function runIn<Result>(runner: QueryRunner, run: Run<Result>, end: End): Promise<Result> {
  await runner.startTransaction();
  try {
    const result = await current.run(runner, () => run(runner.manager));
    await runner[end]();
    return result;
  } catch (error) {
    // A connection that does not answer is not asked again: the pool closes it (guard-pool.ts).
    if (!databaseUnavailable(error)) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}
