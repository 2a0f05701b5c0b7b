import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { DataSource, QueryFailedError } from 'typeorm';
import { Env } from '../config/env.js';
import { Batch, WaitedTooLong } from '../database/batch.js';
import { inTransactionNow, query, sharedTransaction } from '../database/current-transaction.js';
import { databaseUnavailable } from '../database/database-unavailable.js';
import { isLockNotAvailable } from '../database/lock-not-available.js';
import { TENANT } from '../database/tenant.js';
import type { Transaction } from '../database/transaction.js';
import { unavailable } from '../errors/app-error.js';
import {
  UNIQUE_COLUMNS,
  type UpdateOutcome,
  updateUsers,
  type UserChange,
} from './update-users.statement.js';

/** Patches that share a statement at most, and shared statements at the same time. */
const SIZE = 32;
const PARALLEL = 2;

/** Milliseconds behind other patches of the same user; a connection is not waited for longer, either. */
const PATIENCE_MS = 5_000;

/** Characters of JSON above which a patch goes alone. */
const MAX_SHARED_LENGTH = 8_192;

type Found = UpdateOutcome | undefined;

/**
 * Runs the patches of users. Those that come at the same time share a statement, in which none waits;
 * a patch that would have to wait, or is large, goes alone. Patches of
 * one user come one after the other, so a row that another transaction holds holds up nobody else.
 * See docs/adr/0010.
 */
@Injectable()
export class UserUpdates {
  private readonly batch: Batch<UserChange, Found>;
  /** Of transactions that several requests share. */
  private readonly shared = new WeakMap<Transaction, Batch<UserChange, Found>>();
  private readonly alone: <Result>(run: () => Promise<Result>) => Promise<Result>;

  constructor(
    { DATABASE_POOL_SIZE }: Env,
    private readonly database: DataSource,
  ) {
    this.alone = pLimit(Math.max(1, Math.floor(DATABASE_POOL_SIZE / 2)));
    this.batch = new Batch((changes) => this.share(changes), {
      size: SIZE,
      parallel: PARALLEL,
      keyOf: ({ id }) => id,
      patience: PATIENCE_MS,
    });
  }

  /**
   * The user as it now is, and what became of the patch; undefined when there is no such user.
   *
   * @throws AppError service.unavailable when those before it took too long; QueryFailedError
   */
  run(change: UserChange): Promise<Found> {
    const shared = sharedTransaction();
    if (shared) return this.runIn(shared, change);
    if (inTransactionNow()) return this.runAlone(change);
    return this.batch.add(change).catch((error: unknown) => {
      throw error instanceof WaitedTooLong
        ? unavailable('Others change this user, and one of them takes too long.')
        : error;
    });
  }

  /** With the others of the transaction. @throws Error when one of them would wait */
  private runIn(transaction: Transaction, change: UserChange): Promise<Found> {
    let batch = this.shared.get(transaction);
    if (!batch) {
      const together = (changes: UserChange[]) =>
        transaction.part(async (run) => {
          const canShare = sharable(changes).length === changes.length;
          const rows = canShare
            ? await run<UpdateOutcome>(updateUsers(TENANT, changes, 'skip'))
            : [];
          if (!canShare || rows.some(({ isHeld }) => isHeld))
            throw new Error('one of the patches must go alone');
          return changes.map(({ id }) => rows.find((row) => row.id === id));
        });
      batch = new Batch(together, { size: SIZE, parallel: 1, keyOf: ({ id }) => id });
      this.shared.set(transaction, batch);
    }
    return batch.add(change);
  }

  private async share(changes: UserChange[]): Promise<(Found | Promise<Found>)[]> {
    const goAlone = (change: UserChange) => this.alone(() => this.runAlone(change));
    const shared = new Set(sharable(changes));
    const found = await this.tryShared([...shared]);
    return changes.map((change) => {
      if (!found || !shared.has(change)) return goAlone(change);
      const outcome = found.get(change.id);
      return outcome?.isHeld ? goAlone(change) : outcome;
    });
  }

  /** What came of those that are there, by id; undefined when one broke the statement for all. */
  private async tryShared(changes: UserChange[]): Promise<Map<string, UpdateOutcome> | undefined> {
    if (changes.length === 0) return undefined;
    try {
      const rows = await query<UpdateOutcome>(this.database, updateUsers(TENANT, changes, 'skip'));
      return new Map(rows.map((row) => [row.id, row]));
    } catch (error) {
      if (isLockNotAvailable(error)) return undefined;
      if (databaseUnavailable(error) || isWrongForAll(error)) throw error;
      return undefined;
    }
  }

  private async runAlone(change: UserChange): Promise<Found> {
    const [row] = await query<UpdateOutcome>(this.database, updateUsers(TENANT, [change], 'wait'));
    // It was waited for, and is deleted by now.
    return row?.isHeld ? undefined : row;
  }
}

/** Syntax error or access rule violation: no patch can help it, and none does better alone. */
const isWrongForAll = (error: unknown) =>
  error instanceof QueryFailedError &&
  String((error.driverError as { code?: unknown }).code).startsWith('42');

/** Those that can share a statement: not the large ones, and of equal keys only the first. */
function sharable(changes: UserChange[]): UserChange[] {
  const keys = new Set<string>();
  return changes.filter(({ columns }) => {
    const own = UNIQUE_COLUMNS.filter((column) => (columns[column] ?? null) !== null).map(
      (column) => `${column} ${String(columns[column])}`,
    );
    if (own.some((key) => keys.has(key)) || isLarge(columns)) return false;
    for (const key of own) keys.add(key);
    return true;
  });
}

const isLarge = (columns: UserChange['columns']) =>
  [columns['custom_data'], columns['profile']].some(
    (value) => value !== undefined && JSON.stringify(value).length > MAX_SHARED_LENGTH,
  );
