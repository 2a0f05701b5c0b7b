import { describe, expect, it } from '@jest/globals';
import { versionConditions } from '../../src/users/record/version-conditions.js';
import type { UserRow } from '../../src/users/record/user-row.js';
import { toUserDto, USER_FIELDS } from '../../src/users/user.dto.js';

const SHOWN = {
  ...{ id: 'ada', username: 'ada_l', primaryEmail: 'a@b.c', primaryPhone: '61412345678' },
  ...{ name: 'Ada', avatar: 'https://h/a', customData: { a: 1 } },
  ...{ identities: { github: { userId: '1', details: {} } }, lastSignInAt: 1_000 },
  ...{ createdAt: 2_000, updatedAt: 3_000, profile: { nickname: 'A' }, applicationId: 'app' },
  ...{ isSuspended: true, hasPassword: true, ssoIdentities: [] },
};
const ROW: UserRow = {
  ...SHOWN,
  lastSignInAt: new Date(SHOWN.lastSignInAt),
  createdAt: new Date(SHOWN.createdAt),
  updatedAt: new Date(SHOWN.updatedAt),
  version: '7',
};

describe('a user', () => {
  it('is shown with the fields that there are, in their order, and with nothing more', () => {
    const shown = toUserDto({ ...ROW, digest: 'secret' } as UserRow);
    expect(shown).toStrictEqual(SHOWN);
    expect(Object.keys(shown)).toEqual(USER_FIELDS);
  });

  it('may have never signed in', () => {
    expect(toUserDto({ ...ROW, lastSignInAt: null }).lastSignInAt).toBeNull();
  });
});

describe('preconditions', () => {
  it.each([
    [{}, null, null, false],
    [{ ifMatch: ['1', '2'] }, ['1', '2'], null, false],
    [{ ifMatch: '*' }, null, null, false],
    [{ ifNoneMatch: ['3'] }, null, ['3'], false],
    [{ ifNoneMatch: '*' }, null, null, true],
  ] as const)('%j are told a statement', (given, if_match, if_none_match, unless_there) => {
    expect(versionConditions(given as never)).toEqual({ if_match, if_none_match, unless_there });
  });
});
