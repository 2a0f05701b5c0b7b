import { Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import type { ErrorCode } from '../errors/error-codes.js';
import type { Origin } from '../events/origin.js';
import type { UserPatch } from '../users/user-row.js';
import { UsersService } from '../users/users.service.js';
import { claimsToPatch } from './token-claims.js';

/** The field to leave out when another user has its value. */
const COLLISIONS: Partial<Record<ErrorCode, keyof UserPatch>> = {
  'user.username_already_in_use': 'username',
  'user.email_already_in_use': 'primaryEmail',
  'user.phone_already_in_use': 'primaryPhone',
};

/** Makes users at their first self-service call, for teams whose identity provider has them. */
@Injectable()
export class Provisioning {
  constructor(
    private readonly env: Env,
    private readonly users: UsersService,
  ) {}

  /**
   * Runs it, and when there is no such user, makes the user from the token and runs it again.
   *
   * @param token the access token of the request, which was verified
   */
  async provided<Result>(
    id: string,
    token: string,
    origin: Origin,
    run: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      const isMissing = error instanceof AppError && error.code === 'entity.not_found';
      if (!isMissing || this.env.SELF_SERVICE_PROVISIONING !== 'on') throw error;
      if (!(await this.make(id, claimsToPatch(decodeJwt(token)), origin))) throw error;
      return run();
    }
  }

  /** Whether the user is there now: made here, or by another call at the same moment. */
  private async make(id: string, patch: UserPatch, origin: Origin): Promise<boolean> {
    if (!this.users.isId(id)) return false;
    try {
      await this.users.create(patch, origin, id);
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'user.id_already_in_use') return true;
      const taken = COLLISIONS[error.code];
      if (!taken || patch[taken] === undefined) throw error;
      const { [taken]: _taken, ...rest } = patch;
      return this.make(id, rest, origin);
    }
  }
}
