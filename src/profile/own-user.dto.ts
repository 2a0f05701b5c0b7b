import { PartialType } from '@nestjs/swagger';
import { toUserDto, UserDto } from '../users/user.dto.js';
import type { UserRow } from '../users/user-row.js';

/** The user as he sees himself: fields that the token has no scope for are left out. */
export class OwnUserDto extends PartialType(UserDto) {}

/** Which scope opens which fields; all others come with `profile`. */
const FIELDS_BY_SCOPE: [scope: string, fields: (keyof UserDto)[]][] = [
  ['email', ['primaryEmail']],
  ['phone', ['primaryPhone']],
  ['identities', ['identities', 'ssoIdentities']],
  ['custom_data', ['customData']],
];

export function toOwnUserDto(user: UserRow, scopes: ReadonlySet<string>): OwnUserDto {
  const hidden = FIELDS_BY_SCOPE.filter(([scope]) => !scopes.has(scope)).flatMap(([, of]) => of);
  const { address: _address, ...profile } = user.profile;
  const own = { ...user, profile: scopes.has('address') ? user.profile : profile };
  const entries = Object.entries(toUserDto(own));
  return Object.fromEntries(entries.filter(([field]) => !hidden.includes(field as keyof UserDto)));
}
