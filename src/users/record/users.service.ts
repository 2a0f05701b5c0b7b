import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { userSuspended } from '../../auth/principal.js';
import { Env } from '../../config/env.js';
import { inTransaction, inTransactionNow } from '../../database/current-transaction.js';
import type { TenantId } from '../../database/tenant.js';
import { AppError } from '../../errors/app-error.js';
import { updateType } from '../../events/record/event-types.js';
import type { Origin } from '../../auth/origin.js';
import type { JsonMode } from '../../http/json-body.js';
import { failed, type Preconditions } from '../../http/preconditions.js';
import { customDataTooLarge, profileTooLarge } from '../../validation/json-rules.js';
import { USER_ID } from '../../validation/rules.js';
import { patchColumns } from './patch-columns.js';
import { randomId } from '../../text/random-id.js';
import { recordingOf } from './recording-of.js';
import { checkVersion, inUse, orConflict, tooLarge, userNotFound } from './user.errors.js';
import { lockAssumed } from './user.statements.js';
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
    const recording = recordingOf(this.env, 'User.Created', origin);
    const columns = patchColumns(patch);
    try {
      return await orConflict(() => this.writes.create(tenantId, { id, columns, recording }));
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
    const recording = recordingOf(this.env, updateType(columns), origin);
    const change = { id, columns, json, refuseSuspended, recording, ifMatch, ifNoneMatch };
    const user = await orConflict(() => this.writes.update(tenantId, change));
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
    { requestId, traceparent }: Origin,
  ): Promise<boolean> {
    const columns = patchColumns({ [field]: value });
    const [column, key] =
      field === 'primaryEmail'
        ? (['primary_email', columns['primary_email_key']] as const)
        : (['primary_phone', columns['primary_phone']] as const);
    const origin = { requestId, traceparent };
    return inTransaction(this.database, tenantId, async (run) => {
      const [holder] = await run<Pick<UserRow, 'id'>>(lockAssumed(tenantId, column, key));
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
    const recording = recordingOf(this.env, 'User.Deleted', origin);
    const outcome = await this.writes.delete(tenantId, { id, recording, ...conditions });
    if (!outcome) throw userNotFound();
    if (!outcome.deleted) checkVersion(conditions, outcome.version);
  }
}
