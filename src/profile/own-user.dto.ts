import { IntersectionType, OmitType, PartialType, PickType } from '@nestjs/swagger';
import { toUserDto, UserDto } from '../users/user.dto.js';
import type { UserRow } from '../users/record/user-row.js';

/** The scope that opens a field to its user; a field that is not here comes with `profile`. */
const SCOPE_OF = {
  primaryEmail: 'email',
  primaryPhone: 'phone',
  identities: 'identities',
  ssoIdentities: 'identities',
  customData: 'custom_data',
} as const satisfies Partial<Record<keyof UserDto, string>>;

const SCOPED_FIELDS = Object.keys(SCOPE_OF) as (keyof typeof SCOPE_OF)[];

/** The user as shown to that user: what the token has no scope for, or a team hides, is left out. */
export class OwnUserDto extends IntersectionType(
  PickType(UserDto, ['id']),
  PartialType(OmitType(UserDto, ['id'])),
) {}

export const toOwnUserDto = (user: UserRow, scopes: ReadonlySet<string>): OwnUserDto =>
  withinScopes(toUserDto(user), scopes);

/** What of the own user these scopes show. */
export function withinScopes(user: OwnUserDto, scopes: ReadonlySet<string>): OwnUserDto {
  const hidden: string[] = SCOPED_FIELDS.filter((field) => !scopes.has(SCOPE_OF[field]));
  const shown = Object.entries(user)
    .filter(([field]) => !hidden.includes(field))
    .map(([field, value]: [string, unknown]) => [
      field,
      field === 'profile' ? profileWithinScopes(value as UserRow['profile'], scopes) : value,
    ]);
  return Object.fromEntries(shown) as OwnUserDto;
}

/** The profile as shown to its user: the address only with its scope. */
export function profileWithinScopes(profile: UserRow['profile'], scopes: ReadonlySet<string>) {
  const { address: _address, ...others } = profile;
  return scopes.has('address') ? profile : others;
}
