import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../../config/env.js';
import { inTransaction, inTransactionNow } from '../../database/current-transaction.js';
import { oneUser } from '../../database/lanes.js';
import type { Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import type { Run } from '../../database/transaction.js';
import { recordingOf } from './recording-of.js';
import { touchUser } from './touch-user.statement.js';
import { checkVersion, orConflict, userNotFound } from './user.errors.js';
import { lockUser, selectUsersById } from './user.statements.js';
import type { UserRow } from './user-row.js';
import type { WriteAccess } from './users.service.js';

/** What belongs to users and stands in other tables: identities. */
@Injectable()
export class OwnedRowsService {
  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
  ) {}

  /**
   * Changes what belongs to a user in another table, with the user's row locked; the user gets a new
   * version if the statement answered a row.
   *
   * @throws AppError entity.not_found, request.precondition_failed, user.identity_already_in_use
   */
  async change(
    tenantId: TenantId,
    id: string,
    statement: Statement,
    { origin, ...conditions }: WriteAccess,
  ): Promise<{ before: UserRow; after: UserRow }> {
    return orConflict(() =>
      this.inTurn(tenantId, id, async (run) => {
        const [locked] = await run<{ version: string }>(lockUser(tenantId, id));
        if (!locked) throw userNotFound();
        checkVersion(conditions, locked.version);
        const [before] = (await run<UserRow>(selectUsersById(tenantId, [id]))) as [UserRow];
        const [changed] = await run(statement);
        if (!changed) return { before, after: before };
        const recording = recordingOf(this.env, 'User.Identities.Updated', origin);
        const [after] = await run<UserRow>(touchUser(tenantId, id, before, recording));
        return { before, after: after as UserRow };
      }),
    );
  }

  /** In a transaction that does not wait for another one of the same user: only for who else holds the row. */
  private inTurn<Result>(
    tenantId: TenantId,
    id: string,
    work: (run: Run) => Promise<Result>,
  ): Promise<Result> {
    const run = () => inTransaction(this.database, tenantId, work);
    return inTransactionNow() ? run() : oneUser(this.database).run(`${tenantId} ${id}`, run);
  }
}
