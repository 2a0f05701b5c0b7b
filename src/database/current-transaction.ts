import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager } from 'typeorm';
import { retryOnContention } from './retry-on-contention.js';
import type { Statement } from './statement.js';

type Run<Result> = (manager: EntityManager) => Promise<Result>;

const current = new AsyncLocalStorage<EntityManager>();

/** Runs it so that every statement of `query` belongs to the transaction of this manager. */
export const withTransaction = <Result>(manager: EntityManager, run: Run<Result>) =>
  current.run(manager, () => run(manager));

/**
 * Runs it in a transaction, again when it lost against another one; or, where there is a transaction
 * already, behind a savepoint of that.
 */
export function inTransaction<Result>(database: DataSource, run: Run<Result>): Promise<Result> {
  const outer = current.getStore();
  if (outer) return outer.transaction((manager) => withTransaction(manager, run));
  return retryOnContention(() => database.transaction((manager) => withTransaction(manager, run)));
}

/** One statement: in the transaction that there is, if any, or else by itself. */
export function query<Row>(database: DataSource, [sql, parameters]: Statement): Promise<Row[]> {
  if (!current.getStore()) return retryOnContention(() => database.query<Row[]>(sql, parameters));
  // Behind a savepoint, or a refusal would be the end of the transaction.
  return inTransaction(database, (manager) => manager.query<Row[]>(sql, parameters));
}
