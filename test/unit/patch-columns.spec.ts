import { describe, expect, it } from '@jest/globals';
import { patchColumns } from '../../src/users/record/patch-columns.js';

describe('patchColumns', () => {
  it('leaves out what the patch leaves out', () => {
    expect(patchColumns({})).toStrictEqual({});
    expect(patchColumns({ name: undefined })).toStrictEqual({});
  });

  it.each([null, ''])('clears a field and its key for %j', (value) => {
    expect(
      patchColumns({
        username: value,
        primaryEmail: value,
        primaryPhone: value,
        name: value,
        avatar: value,
      }),
    ).toStrictEqual({
      username: null,
      username_key: null,
      primary_email: null,
      primary_email_key: null,
      primary_email_assumed: false,
      primary_phone: null,
      primary_phone_assumed: false,
      name: null,
      avatar: null,
    });
  });

  it.each([
    ['A@B.C', 'a@b.c'],
    ['ﬁ@b.c', 'fi@b.c'],
    ['Ａ@b.c', 'a@b.c'],
    ['É@b.c', 'é@b.c'],
    ['E\u0301@b.c', 'é@b.c'],
    ['İ@b.c', 'i̇@b.c'],
    ['ΑΣ@x.org', 'ασ@x.org'],
    ['ας@x.org', 'ασ@x.org'],
  ])('keeps the e-mail %s and gives it the key %s', (given, key) => {
    expect(patchColumns({ primaryEmail: given })).toStrictEqual({
      primary_email: given,
      primary_email_key: key,
      primary_email_assumed: false,
    });
  });

  it.each([
    ['61412345678', '61412345678'],
    ['610412345678', '61412345678'],
    ['4402079460958', '442079460958'],
    ['390669821234', '390669821234'],
    ['4400150848283', '44150848283'],
    ['440150848283', '44150848283'],
    ['12025550123', '12025550123'],
  ])('stores the phone number %s as %s', (given, stored) => {
    expect(patchColumns({ primaryPhone: given })).toStrictEqual({
      primary_phone: stored,
      primary_phone_assumed: false,
    });
  });

  it('keeps a name in NFC, and everything else as it is given', () => {
    const objects = { customData: { a: 1 }, profile: { nickname: 'e\u0301' } };
    expect(
      patchColumns({
        ...{ name: 'e\u0301', username: 'Ada_E', avatar: 'https://h/a', ...objects },
        ...{ isSuspended: false, applicationId: 'app', lastSignInAt: 0 },
        password: { digest: 'd', algorithm: 'Argon2id' },
      }),
    ).toStrictEqual({
      ...{ name: 'é', username: 'Ada_E', username_key: 'ada_e', avatar: 'https://h/a' },
      ...{ custom_data: objects.customData, profile: objects.profile },
      ...{ is_suspended: false, application_id: 'app', last_sign_in_at: new Date(0) },
      ...{ password_digest: 'd', password_algorithm: 'Argon2id' },
    });
  });

  it.each([null, {}])('keeps %j of an object, a time and an application', (value) => {
    const patch = { customData: value, profile: value, lastSignInAt: null, applicationId: null };
    expect(patchColumns(patch)).toStrictEqual({
      ...{ custom_data: value, profile: value, last_sign_in_at: null, application_id: null },
    });
  });

  it('knows which addresses are assumed', () => {
    const patch = { primaryEmail: 'a@b.c', primaryPhone: '61412345678' };
    const assumed = (...names: ('primaryEmail' | 'primaryPhone')[]) => {
      const columns = patchColumns({ ...patch, assumed: names });
      return [columns['primary_email_assumed'], columns['primary_phone_assumed']];
    };
    expect(assumed()).toStrictEqual([false, false]);
    expect(assumed('primaryEmail')).toStrictEqual([true, false]);
    expect(assumed('primaryPhone')).toStrictEqual([false, true]);
    expect(patchColumns({ assumed: ['primaryEmail', 'primaryPhone'] })).toStrictEqual({});
  });
});
