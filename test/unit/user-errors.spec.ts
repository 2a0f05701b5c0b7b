import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import {
  checkVersion,
  inUse,
  orConflict,
  tooLarge,
  userNotFound,
} from '../../src/users/record/user.errors.js';

const refusal = (constraint: string, code = '23505') =>
  new QueryFailedError('', [], Object.assign(new Error(), { code, constraint }));
const conflict = (code: string, pointer: string) => ({
  ...{ code, detail: `${pointer}: is already in use`, status: 422 },
  extra: { errors: [{ pointer, code, detail: 'is already in use' }] },
});

describe('what the database refused', () => {
  it.each([
    ['pk_users', 'user.id_already_in_use', '/id'],
    ['uq_users_tenant_id_username_key', 'user.username_already_in_use', '/username'],
    ['uq_users_tenant_id_primary_email_key', 'user.email_already_in_use', '/primaryEmail'],
    ['uq_users_tenant_id_primary_phone', 'user.phone_already_in_use', '/primaryPhone'],
    [
      ...['uq_user_identities_tenant_id_target_identity_id'],
      ...['user.identity_already_in_use', '/userId'],
    ],
    [
      ...['uq_user_sso_identities_tenant_id_issuer_identity_id'],
      ...['user.identity_already_in_use', '/identityId'],
    ],
  ] as [string, string, string][])('by %s is %s', async (constraint, code, pointer) => {
    const refused = orConflict(() => Promise.reject(refusal(constraint)));
    await expect(refused).rejects.toMatchObject(conflict(code, pointer));
  });

  it('for something else stays what it was', async () => {
    for (const error of [refusal('uq_other'), refusal('pk_users', '23503'), new Error('x')])
      await expect(orConflict(() => Promise.reject(error))).rejects.toBe(error);
  });

  it('is nothing where it refused nothing', async () => {
    expect(await orConflict(() => Promise.resolve(1))).toBe(1);
  });
});

describe('what is in use, too large, or not there', () => {
  it.each([
    ['id', 'user.id_already_in_use', '/id'],
    ['username_key', 'user.username_already_in_use', '/username'],
    ['primary_email_key', 'user.email_already_in_use', '/primaryEmail'],
    ['primary_phone', 'user.phone_already_in_use', '/primaryPhone'],
  ] as const)('%s is told as the constraint is', (column, code, pointer) => {
    expect(inUse(column)).toMatchObject(conflict(code, pointer));
  });

  it('is told where it is', () => {
    const fault = { code: 'too_long', detail: 'is long' } as const;
    expect(tooLarge('/profile', fault)).toMatchObject({
      ...{ code: 'guard.invalid_input', detail: '/profile: is long' },
      extra: { errors: [{ pointer: '/profile', ...fault }] },
    });
    expect(() => checkVersion({ ifMatch: ['1'] }, '2')).toThrow(
      'The user no longer has a version of If-Match.',
    );
    expect(() => checkVersion({ ifMatch: ['1'] }, '1')).not.toThrow();
    expect(userNotFound()).toMatchObject({
      ...{ code: 'entity.not_found', detail: 'There is no such user.' },
    });
  });
});
