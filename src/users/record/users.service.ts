import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { userSuspended } from '../../auth/principal.js';
import { Env } from '../../config/env.js';
import { inTransaction, inTransactionNow, query } from '../../database/current-transaction.js';
import { oneUser } from '../../database/lanes.js';
import type { Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import type { Run } from '../../database/transaction.js';
import { AppError } from '../../errors/app-error.js';
import { type EventType, updateType } from '../../events/record/event-types.js';
import type { Origin } from '../../auth/origin.js';
import type { Recording } from '../../events/record/record-event.js';
import { eventId } from '../../writes/recorded-events.js';
import type { JsonMode } from '../../http/json-body.js';
import { failed, failedPrecondition, type Preconditions } from '../../http/preconditions.js';
import type { StoredPassword } from '../../hashing/stored-password.js';
import { customDataTooLarge, profileTooLarge } from '../../validation/json-rules.js';
import { USER_ID } from '../../validation/rules.js';
import { patchColumns } from './patch-columns.js';
import { randomId } from '../../text/random-id.js';
import { touchUser } from './touch-user.statement.js';
import { conflictOf, inUse, tooLarge, userNotFound } from './user.errors.js';
import {
  lockAssumed,
  lockUser,
  replaceDigest,
  selectPassword,
  selectUsersById,
} from './user.statements.js';
import { UserReads } from './user-reads.js';
import { UserWrites } from './user-writes.js';
import type { UserPatch, UserRow } from './user-row.js';

export interface Access {
  /** A user's own token stops working when the user is suspended; a management token does not. */
  refuseSuspended?: boolean;
}

export interface WriteAccess extends Access, Preconditions {
  /** Who changes it, for the event. */
  origin: Origin;
  /** How the patch's JSON objects meet the stored ones; `replace` if left out. */
  json?: JsonMode;
}

/** The only reader and the only writer of user records. */
@Injectable()
export class UsersService {
  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
    private readonly reads: UserReads,
    private readonly writes: UserWrites,
  ) {}

  /** Whether a user could have this id at all. */
  isId(id: string): boolean {
    return USER_ID.test(id);
  }

  /** @throws AppError entity.not_found, user.suspended */
  async get(
    tenantId: TenantId,
    id: string,
    { refuseSuspended = false }: Access = {},
  ): Promise<UserRow> {
    if (!this.isId(id)) throw userNotFound();
    const user = await this.reads.find(tenantId, id);
    if (!user) throw userNotFound();
    if (user.isSuspended && refuseSuspended) throw userSuspended();
    return user;
  }

  /**
   * @throws AppError user.…_already_in_use; request.precondition_failed in place of an id that is,
   *   with `If-None-Match: *`
   */
  async create(
    tenantId: TenantId,
    patch: UserPatch,
    { origin, ifNoneMatch }: Pick<WriteAccess, 'origin' | 'ifNoneMatch'>,
    id = randomId(),
  ): Promise<UserRow> {
    const recording = this.recording('User.Created', origin);
    const columns = patchColumns(patch);
    try {
      return await this.orConflict(() => this.writes.create(tenantId, { id, columns, recording }));
    } catch (error) {
      const isThere = error instanceof AppError && error.code === 'user.id_already_in_use';
      throw isThere && ifNoneMatch === '*' ? failed('There is a user with this id.') : error;
    }
  }

  /**
   * Applies a patch that passed validation, in one statement. A patch that changes nothing answers
   * the user as it is.
   *
   * @throws AppError entity.not_found, user.suspended, request.precondition_failed,
   *   user.…_already_in_use, and when a merge grows beyond a limit user.custom_data_too_large or
   *   guard.invalid_input
   */
  async update(
    tenantId: TenantId,
    id: string,
    patch: UserPatch,
    access: WriteAccess,
  ): Promise<UserRow> {
    const { origin, ifMatch, ifNoneMatch, refuseSuspended = false, json = 'replace' } = access;
    const columns = patchColumns(patch);
    // In a transaction the row is held all the same: what is kept of the answer must not outlive it.
    if (Object.keys(columns).length === 0 && !inTransactionNow()) {
      const user = await this.get(tenantId, id, access);
      checkVersion(access, user.version);
      return user;
    }
    if (!this.isId(id)) throw userNotFound();
    const recording = this.recording(updateType(columns), origin);
    const change = { id, columns, json, refuseSuspended, recording, ifMatch, ifNoneMatch };
    const user = await this.orConflict(() => this.writes.update(tenantId, change));
    if (!user) throw userNotFound();
    if (user.changed) return user;
    if (user.isSuspended && refuseSuspended) throw userSuspended();
    checkVersion(access, user.version);
    if (user.customDataTooLarge)
      throw tooLarge('/customData', customDataTooLarge(this.env.CUSTOM_DATA_MAX_BYTES));
    if (user.profileTooLarge) throw tooLarge('/profile', profileTooLarge());
    if (user.taken) throw inUse(user.taken);
    return user;
  }

  /**
   * Takes an address from the user who only has it by assumption, since somebody has proven it.
   *
   * @returns whether anybody had it so
   */
  async releaseAssumed(
    tenantId: TenantId,
    field: 'primaryEmail' | 'primaryPhone',
    value: string,
    { requestId }: Origin,
  ): Promise<boolean> {
    const columns = patchColumns({ [field]: value });
    const [column, key] =
      field === 'primaryEmail'
        ? (['primary_email', columns['primary_email_key']] as const)
        : (['primary_phone', columns['primary_phone']] as const);
    const origin = requestId === undefined ? {} : { requestId };
    return inTransaction(this.database, tenantId, async () => {
      const [holder] = await this.run<Pick<UserRow, 'id'>>(lockAssumed(tenantId, column, key));
      if (holder) await this.update(tenantId, holder.id, { [field]: null }, { origin });
      return holder !== undefined;
    });
  }

  /** @throws AppError entity.not_found, request.precondition_failed */
  async delete(
    tenantId: TenantId,
    id: string,
    { origin, ...conditions }: WriteAccess,
  ): Promise<void> {
    if (!this.isId(id)) throw userNotFound();
    const recording = this.recording('User.Deleted', origin);
    const outcome = await this.writes.delete(tenantId, { id, recording, ...conditions });
    if (!outcome) throw userNotFound();
    if (!outcome.deleted) checkVersion(conditions, outcome.version);
  }

  /**
   * Changes what belongs to a user in another table, with the user's row locked; the user gets a new
   * version if the statement answered a row.
   *
   * @throws AppError entity.not_found, request.precondition_failed, user.identity_already_in_use
   */
  async changeOwned(
    tenantId: TenantId,
    id: string,
    statement: Statement,
    { origin, ...conditions }: WriteAccess,
  ): Promise<{ before: UserRow; after: UserRow }> {
    if (!this.isId(id)) throw userNotFound();
    return this.orConflict(() =>
      this.inTurn(tenantId, id, async (run) => {
        const [locked] = await run<{ version: string }>(lockUser(tenantId, id));
        if (!locked) throw userNotFound();
        checkVersion(conditions, locked.version);
        const [before] = (await run<UserRow>(selectUsersById(tenantId, [id]))) as [UserRow];
        const [changed] = await run(statement);
        if (!changed) return { before, after: before };
        const recording = this.recording('User.Identities.Updated', origin);
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

  /** The stored password, if there is one. @throws AppError entity.not_found */
  async getPassword(tenantId: TenantId, id: string): Promise<StoredPassword | undefined> {
    if (!this.isId(id)) throw userNotFound();
    const [row] = await this.run<Partial<StoredPassword>>(selectPassword(tenantId, id));
    if (!row) throw userNotFound();
    const { digest, algorithm } = row;
    return digest && algorithm ? { digest, algorithm } : undefined;
  }

  /** Stores a password that was verified in a stronger form, unless it was changed meanwhile. */
  async replacePassword(
    tenantId: TenantId,
    id: string,
    from: StoredPassword,
    to: StoredPassword,
  ): Promise<void> {
    await this.run(replaceDigest(tenantId, id, from, to));
  }

  private recording(type: EventType, origin: Origin): Recording {
    return { id: eventId(), type, origin, withValues: this.env.EVENTS_INCLUDE_VALUES === 'on' };
  }

  private run<Row>(statement: Statement): Promise<Row[]> {
    return query<Row>(this.database, statement);
  }

  private async orConflict<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      throw conflictOf(error);
    }
  }
}

/** @throws AppError request.precondition_failed */
function checkVersion(conditions: Preconditions, version: string): void {
  const failure = failedPrecondition(conditions, version, 'user');
  if (failure) throw failure;
}
