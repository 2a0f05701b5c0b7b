import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../../config/env.js';
import { Batch } from '../../database/batch.js';
import { query, sharedTransaction } from '../../database/current-transaction.js';
import { isSpread, markSpread } from '../../database/spread-databases.js';
import { watchBatches } from '../../database/watch-batches.js';
import { Metrics } from '../../metrics/metrics.js';
import type { TenantId } from '../../database/tenant.js';
import type { Transaction } from '../../database/transaction.js';
import type { UniqueColumn } from './column-values.js';
import { createUsers, type NewUser, selectTaken } from './create-users.statement.js';
import { type DeleteOutcome, deleteUsers, type Deletion } from './delete-users.statement.js';
import type { Wait } from './shared-statement.js';
import { sharable } from './sharable-writes.js';
import { SharedWrites, SIZE } from './shared-writes.js';
import type { UpdateOutcome, UserChange } from './judged-changes.js';
import { updateUsers } from './update-users.statement.js';
import {
  selectHasFunctions,
  updateUsersApart,
  updateUsersFunctions,
} from './update-users-apart.statement.js';
import { inUse } from './user.errors.js';
import type { UserRow } from './user-row.js';

type Found = UpdateOutcome | undefined;

interface Taken {
  taken: UniqueColumn | 'id' | null;
}

const isHeld = (row: { isHeld: boolean } | undefined) => row?.isHeld === true;

/** Makes, changes and deletes users; those that do the same at the same time share a statement. */
@Injectable()
export class UserWrites implements OnModuleInit {
  private readonly creates;
  private readonly updates;
  private readonly deletes;
  /** Of transactions that several requests of one tenant share. */
  private readonly shared = new WeakMap<Transaction, Batch<UserChange, Found>>();

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
    metrics: Metrics,
  ) {
    const { DATABASE_POOL_SIZE } = env;
    this.creates = new SharedWrites<NewUser, UserRow>(
      database,
      {
        statement: createUsers,
        isSkipped: (row) => row === undefined,
        // How long to wait for a key is not known to the node that waits.
        goAlone: () => isSpread(database),
        refuse: (tenantId, user) => this.refuseTaken(tenantId, user),
      },
      DATABASE_POOL_SIZE,
    );
    this.updates = new SharedWrites<UserChange, UpdateOutcome>(
      database,
      { statement: this.updateStatement, isSkipped: isHeld },
      DATABASE_POOL_SIZE,
    );
    this.deletes = new SharedWrites<Deletion, DeleteOutcome>(
      database,
      { statement: deleteUsers, isSkipped: isHeld },
      DATABASE_POOL_SIZE,
    );
    const { creates, updates, deletes } = this;
    watchBatches(metrics, {
      ...{ create: creates.counts, update: updates.counts, delete: deletes.counts },
    });
  }

  /** Where `npm run distribute` has made functions for it, they are called. */
  async onModuleInit(): Promise<void> {
    const [found] = await query<{ hasAll: boolean }>(
      this.database,
      selectHasFunctions(updateUsersFunctions()),
    );
    if (found?.hasAll) markSpread(this.database);
  }

  /** The user as it now is. @throws QueryFailedError or AppError when an id or a key is taken */
  async create(tenantId: TenantId, user: NewUser): Promise<UserRow> {
    return (await this.creates.run(tenantId, user)) as UserRow;
  }

  /** The user as it now is, and what became of the patch; undefined when there is no such user. */
  update(tenantId: TenantId, change: UserChange): Promise<Found> {
    const shared = sharedTransaction();
    return shared ? this.updateIn(tenantId, shared, change) : this.updates.run(tenantId, change);
  }

  /** What became of it; undefined when there is no such user. */
  delete(tenantId: TenantId, deletion: Deletion): Promise<DeleteOutcome | undefined> {
    return this.deletes.run(tenantId, deletion);
  }

  /** On Citus, what a constraint refuses costs the connection to the node: most are found before. */
  private async refuseTaken(tenantId: TenantId, user: NewUser): Promise<void> {
    if (!isSpread(this.database)) return;
    const found = await query<Taken>(this.database, selectTaken(tenantId, user));
    if (found[0]?.taken) throw inUse(found[0].taken);
  }

  private updateStatement = (tenantId: TenantId, changes: UserChange[], wait: Wait) => {
    const statement = isSpread(this.database) ? updateUsersApart : updateUsers;
    return statement(tenantId, changes, wait, this.env.CUSTOM_DATA_MAX_BYTES);
  };

  /** With the others of the transaction. @throws Error when one of them would wait */
  private updateIn(
    tenantId: TenantId,
    transaction: Transaction,
    change: UserChange,
  ): Promise<Found> {
    let batch = this.shared.get(transaction);
    if (!batch) {
      const together = (changes: UserChange[]) =>
        transaction.part(async (run) => {
          const canShare = sharable(changes).length === changes.length;
          const rows = canShare
            ? await run<UpdateOutcome>(this.updateStatement(tenantId, changes, 'skip'))
            : [];
          if (!canShare || rows.some(isHeld)) throw new Error('one of the patches must go alone');
          return changes.map(({ id }) => rows.find((row) => row.id === id));
        });
      batch = new Batch(together, { size: SIZE, parallel: 1, keyOf: ({ id }) => id });
      this.shared.set(transaction, batch);
    }
    return batch.add(change);
  }
}
