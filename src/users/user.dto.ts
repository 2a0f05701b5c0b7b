import { ApiProperty } from '@nestjs/swagger';
import { PROFILE_SCHEMA } from '../validation/profile.schema.js';
import { USER_ID } from '../validation/rules.js';
import type { SsoIdentity, UserRow } from './record/user-row.js';

const text = (description: string, example: string) =>
  ApiProperty({ type: String, nullable: true, description, example });

const time = (description: string) => ({ type: Number, description, example: 1_767_225_600_000 });

export const IDENTITIES_SCHEMA = {
  title: 'Identities',
  type: 'object',
  description: "The user's accounts at social identity providers, by provider.",
  additionalProperties: {
    type: 'object',
    properties: {
      userId: { type: 'string' },
      details: { type: 'object', additionalProperties: true },
    },
    required: ['userId', 'details'],
  },
};

export const CUSTOM_DATA_SCHEMA = {
  title: 'CustomData',
  type: 'object',
  additionalProperties: true,
};

export class SsoIdentityDto implements SsoIdentity {
  @ApiProperty({ type: String, example: 'default' })
  tenantId!: string;

  @ApiProperty({ type: String, example: 'k2v7x0q9m4zt' })
  id!: string;

  @ApiProperty({ type: String, example: 'x81f0c2m5a7b' })
  userId!: string;

  @ApiProperty({ type: String, example: 'https://sso.example.com' })
  issuer!: string;

  @ApiProperty({ type: String, description: "The user's id at the issuer.", example: '00u1a2b3' })
  identityId!: string;

  @ApiProperty({ type: Object, additionalProperties: true, example: {} })
  detail!: Record<string, unknown>;

  @ApiProperty(time('Milliseconds since the epoch.'))
  createdAt!: number;

  @ApiProperty({ type: String, example: 'okta-workforce' })
  ssoConnectorId!: string;
}

/** The user object of every answer: exactly these fields, in this order, all of them present. */
export class UserDto {
  @ApiProperty({ type: String, pattern: USER_ID.source, example: 'x81f0c2m5a7b' })
  id!: string;

  @text('Unique without regard to case.', 'ada_lovelace')
  username!: string | null;

  @text('Unique without regard to case.', 'ada@example.com')
  primaryEmail!: string | null;

  @text('Digits, country code first; unique.', '61412345678')
  primaryPhone!: string | null;

  @text('Name to show.', 'Ada Lovelace')
  name!: string | null;

  @text('URL of a picture.', 'https://cdn.example.com/ada.png')
  avatar!: string | null;

  @ApiProperty({ ...CUSTOM_DATA_SCHEMA, example: { plan: 'pro' } } as object)
  customData!: Record<string, unknown>;

  @ApiProperty({ ...IDENTITIES_SCHEMA, example: {} } as object)
  identities!: UserRow['identities'];

  @ApiProperty({ ...time('Milliseconds since the epoch.'), nullable: true })
  lastSignInAt!: number | null;

  @ApiProperty(time('Milliseconds since the epoch.'))
  createdAt!: number;

  @ApiProperty(time('Milliseconds since the epoch; moves when something changes.'))
  updatedAt!: number;

  @ApiProperty({ ...PROFILE_SCHEMA, selfRequired: true } as object)
  profile!: Record<string, unknown>;

  @text('The application that the user signed in to last.', 'shop-web')
  applicationId!: string | null;

  @ApiProperty({ type: Boolean })
  isSuspended!: boolean;

  @ApiProperty({ type: Boolean })
  hasPassword!: boolean;

  @ApiProperty({ type: SsoIdentityDto, isArray: true })
  ssoIdentities!: SsoIdentityDto[];
}

/** Row → answer. The shape is closed: a column that is not named here cannot get out. */
export function toUserDto(user: UserRow): UserDto {
  return {
    id: user.id,
    username: user.username,
    primaryEmail: user.primaryEmail,
    primaryPhone: user.primaryPhone,
    name: user.name,
    avatar: user.avatar,
    customData: user.customData,
    identities: user.identities,
    lastSignInAt: user.lastSignInAt?.getTime() ?? null,
    createdAt: user.createdAt.getTime(),
    updatedAt: user.updatedAt.getTime(),
    profile: user.profile,
    applicationId: user.applicationId,
    isSuspended: user.isSuspended,
    hasPassword: user.hasPassword,
    ssoIdentities: user.ssoIdentities,
  };
}

/** Names of the fields of the user object; the compiler keeps the list whole. */
export const USER_FIELDS = Object.keys({
  id: 0,
  username: 0,
  primaryEmail: 0,
  primaryPhone: 0,
  name: 0,
  avatar: 0,
  customData: 0,
  identities: 0,
  lastSignInAt: 0,
  createdAt: 0,
  updatedAt: 0,
  profile: 0,
  applicationId: 0,
  isSuspended: 0,
  hasPassword: 0,
  ssoIdentities: 0,
} satisfies Record<keyof UserDto, 0>) as (keyof UserDto)[];
