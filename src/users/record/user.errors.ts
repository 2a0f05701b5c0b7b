import { AppError, invalidInput } from '../../errors/app-error.js';
import { failedPrecondition, type Preconditions } from '../../http/preconditions.js';
import { violatedConstraint } from '../../database/violated-constraint.js';
import type { Fault } from '../../validation/rule.js';
import type { UniqueColumn } from './column-values.js';

type Conflict =
  | 'user.id_already_in_use'
  | 'user.username_already_in_use'
  | 'user.email_already_in_use'
  | 'user.phone_already_in_use'
  | 'user.identity_already_in_use';

/** What it means that a named constraint refused a row. */
const CONFLICTS: Record<string, [code: Conflict, pointer: string]> = {
  pk_users: ['user.id_already_in_use', '/id'],
  uq_users_tenant_id_username_key: ['user.username_already_in_use', '/username'],
  uq_users_tenant_id_primary_email_key: ['user.email_already_in_use', '/primaryEmail'],
  uq_users_tenant_id_primary_phone: ['user.phone_already_in_use', '/primaryPhone'],
  uq_user_identities_tenant_id_target_identity_id: ['user.identity_already_in_use', '/userId'],
  uq_user_sso_identities_tenant_id_issuer_identity_id: [
    'user.identity_already_in_use',
    '/identityId',
  ],
};

/** @throws AppError the 422 that a unique constraint's refusal means */
export async function orConflict<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw conflict(violatedConstraint(error)) ?? error;
  }
}

/** What the constraint of the id or of a unique column would say. */
export const inUse = (column: UniqueColumn | 'id') =>
  conflict(column === 'id' ? 'pk_users' : `uq_users_tenant_id_${column}`) ??
  new Error(`${column} has no constraint`);

function conflict(constraint = ''): AppError | undefined {
  const [code, pointer] = CONFLICTS[constraint] ?? [];
  if (!code || !pointer) return undefined;
  const detail = 'is already in use';
  return new AppError(code, `${pointer}: ${detail}`, { errors: [{ pointer, code, detail }] });
}

/** What a merge would have come to is beyond a limit. */
export const tooLarge = (pointer: string, { code, detail }: Fault) =>
  invalidInput([{ pointer, code, detail }]);

export const userNotFound = () => new AppError('entity.not_found', 'There is no such user.');

/** @throws AppError request.precondition_failed */
export function checkVersion(conditions: Preconditions, version: string): void {
  const failure = failedPrecondition(conditions, version, 'user');
  if (failure) throw failure;
}
