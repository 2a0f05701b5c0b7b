import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource } from 'typeorm';
import { connect } from './connect.js';
import { databaseUnavailable, isAnswered } from './database-unavailable.js';
import { giveBack } from './guard-pool.js';
import { searchLane, waitingLane } from './lanes.js';
import { poolOf, preparedQuery } from './prepared-query.js';
import { isContention, retryOnContention } from './retry-on-contention.js';
import type { Statement } from './statement.js';
import type { TenantId } from './tenant.js';
import { SEARCH_LIMITS, type TimeLimits } from './time-limits.js';
import { type Run, Transaction } from './transaction.js';

type Work<Result> = (run: Run) => Promise<Result>;
type End = 'commit' | 'rollback';

const current = new AsyncLocalStorage<Transaction>();

/** Whether a transaction is open, which every `query` belongs to. */
export const inTransactionNow = () => current.getStore() !== undefined;

/** The transaction that is open, if several requests share it. */
export function sharedTransaction(): Transaction | undefined {
  const transaction = current.getStore();
  return transaction?.isShared ? transaction : undefined;
}

/**
 * Runs it in a transaction, again when it lost against another one; or, where there is a transaction
 * already, as a part of that. Every `query` inside belongs to it.
 */
export function inTransaction<Result>(
  database: DataSource,
  tenantId: TenantId | undefined,
  work: Work<Result>,
): Promise<Result> {
  return current.getStore()?.part(work) ?? runAlone(database, tenantId, work, 'commit');
}

/**
 * The same for several requests at once, and only once.
 *
 * @returns undefined when nothing of it stays, since a part of it has failed
 */
export async function inSharedTransaction<Result>(
  database: DataSource,
  tenantId: TenantId,
  work: Work<Result>,
): Promise<Result | undefined> {
  return (await attempt(database, tenantId, work, 'commit', 'shared'))?.result;
}

/**
 * A search: read within a time limit and a lane of its own, and never prepared.
 *
 * @throws WaitedTooLong
 */
export async function searching<Result>(
  database: DataSource,
  tenantId: TenantId,
  read: Work<Result>,
): Promise<Result> {
  const done = await searchLane(database).run(tenantId, () =>
    attempt(database, tenantId, read, 'rollback', 'plain', SEARCH_LIMITS),
  );
  if (!done) throw new Error('a part of it failed, and it went on');
  return done.result;
}

/** The same, but nothing of it stays. */
export function rolledBack<Result>(
  database: DataSource,
  tenantId: TenantId,
  work: Work<Result>,
): Promise<Result> {
  return runAlone(database, tenantId, work, 'rollback');
}

/** One statement: in the transaction that there is, if any, or else by itself. */
export function query<Row>(database: DataSource, statement: Statement): Promise<Row[]> {
  return current.getStore()?.part((run) => run<Row>(statement)) ?? queryAlone(database, statement);
}

/** One statement that is never in a transaction: others wait for the same answer. */
export function queryAlone<Row>(database: DataSource, statement: Statement): Promise<Row[]> {
  return retryOnContention(() => preparedQuery<Row>(poolOf(database), statement));
}

/**
 * Without savepoints, which few transactions need. If a part of it failed, nothing has stayed, and it is
 * run again with them: that part may be refused, and the others go on.
 */
async function runAlone<Result>(
  database: DataSource,
  tenantId: TenantId | undefined,
  work: Work<Result>,
  end: End,
): Promise<Result> {
  return waitingLane(database).run(tenantId ?? '', async () => {
    for (const kind of ['plain', 'with savepoints'] as const) {
      const done = await retryOnContention(() => attempt(database, tenantId, work, end, kind));
      if (done) return done.result;
    }
    throw new Error('a transaction with savepoints was given up');
  });
}

/** Undefined when a part of it failed that a savepoint would have kept from being the end. */
async function attempt<Result>(
  database: DataSource,
  tenantId: TenantId | undefined,
  work: Work<Result>,
  end: End,
  kind: 'plain' | 'with savepoints' | 'shared',
  limits?: TimeLimits,
): Promise<{ result: Result } | undefined> {
  const client = await connect(poolOf(database), tenantId);
  const transaction = new Transaction(client, kind === 'with savepoints', kind === 'shared');
  try {
    await transaction.begin(limits);
    const run = limits ? transaction.runOnce : transaction.run;
    const result = await current.run(transaction, () => work(run));
    await transaction[transaction.failure ? 'rollback' : end]();
    return transaction.failure ? undefined : { result };
  } catch (error) {
    // A connection that does not answer is not asked again (guard-pool.ts).
    if (isAnswered(error)) await transaction.rollback().catch(() => undefined);
    const { failure } = transaction;
    if (!failure || isContention(error) || databaseUnavailable(failure.reason)) throw error;
    return undefined;
  } finally {
    giveBack(client);
  }
}
