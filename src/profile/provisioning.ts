import { Injectable } from '@nestjs/common';
import type { TenantId } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import type { ErrorCode } from '../errors/error-codes.js';
import type { Origin } from '../auth/origin.js';
import { parseJson } from '../json/parse-json.js';
import type { Tenant } from '../tenancy/tenant.js';
import type { UserPatch } from '../users/record/user-row.js';
import { UsersService } from '../users/record/users.service.js';
import { isReserved } from './self-service-policy.js';
import { claimsToPatch } from './token-claims.js';

type Unique = 'username' | 'primaryEmail' | 'primaryPhone';

/** The field that another user has the value of. */
const COLLISIONS: Partial<Record<ErrorCode, Unique>> = {
  'user.username_already_in_use': 'username',
  'user.email_already_in_use': 'primaryEmail',
  'user.phone_already_in_use': 'primaryPhone',
};

/** Makes users at their first self-service call, for teams whose identity provider has them. */
@Injectable()
export class Provisioning {
  constructor(private readonly users: UsersService) {}

  /**
   * Runs it, and when there is no such user, makes the user from the token and runs it again.
   *
   * @param token the access token of the request, which was verified
   */
  async provided<Result>(
    tenant: Tenant,
    id: string,
    token: string,
    origin: Origin,
    run: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      const isMissing = error instanceof AppError && error.code === 'entity.not_found';
      if (!isMissing || !tenant.selfService.provisioning || !this.users.isId(id)) throw error;
      await this.make(tenant.id, id, patchOf(tenant, token), origin);
      return run();
    }
  }

  /** The user is there after it: made here, or by another call at the same moment. */
  private async make(
    tenantId: TenantId,
    id: string,
    patch: UserPatch,
    origin: Origin,
  ): Promise<void> {
    try {
      await this.users.create(tenantId, patch, { origin }, id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'user.id_already_in_use') return;
      const field = COLLISIONS[error.code];
      if (!field || typeof patch[field] !== 'string') throw error;
      const isReleased = await this.release(tenantId, field, patch, origin);
      const { [field]: _taken, ...rest } = patch;
      await this.make(tenantId, id, isReleased ? patch : rest, origin);
    }
  }

  /** An address that this token proves is not kept by who has it without proof. */
  private async release(
    tenantId: TenantId,
    field: Unique,
    patch: UserPatch,
    origin: Origin,
  ): Promise<boolean> {
    const value = patch[field];
    if (field === 'username' || !value || patch.assumed?.includes(field)) return false;
    return this.users.releaseAssumed(tenantId, field, value, origin);
  }
}

/** What the token says, as far as the user could set it, too: reserved names are nobody's. */
function patchOf({ selfService }: Tenant, token: string): UserPatch {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const claims = parseJson(payload) as Record<string, unknown>;
  const { username, ...patch } = claimsToPatch(claims, selfService.assumeVerified);
  return isReserved(selfService, username) ? patch : { ...patch, ...(username && { username }) };
}
