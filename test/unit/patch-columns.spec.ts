import { describe, expect, it } from '@jest/globals';
import { patchColumns } from '../../src/users/record/patch-columns.js';

describe('patchColumns', () => {
  it('leaves out what the patch leaves out', () => {
    expect(patchColumns({})).toEqual({});
    expect(patchColumns({ name: undefined })).toEqual({});
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
    ).toEqual({
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
    expect(patchColumns({ primaryEmail: given })).toEqual({
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
    expect(patchColumns({ primaryPhone: given })).toEqual({
      primary_phone: stored,
      primary_phone_assumed: false,
    });
  });
});
