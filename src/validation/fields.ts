import { Field, type ClearedBy, type FieldOptions } from './rule.js';
import { PROFILE_SCHEMA } from './profile.schema.js';
import * as json from './json-rules.js';
import * as rules from './rules.js';

/** Clears nothing: null and '' are judged like any other value. */
const never: ClearedBy = [];

type Options = Partial<FieldOptions>;

/** `name`: any text for people to read. */
export const NameField = ({ clearedBy = never }: Options = {}) =>
  Field(
    rules.nameRule,
    { title: 'DisplayName', type: 'string', maxLength: rules.MAX_NAME },
    { clearedBy, description: 'Name to show. No control characters.', example: 'Ada Lovelace' },
  );

/** `avatar`: the URL of a picture. */
export const AvatarField = ({ clearedBy = never }: Options = {}) =>
  Field(
    rules.httpUrlRule,
    {
      title: 'AvatarUrl',
      type: 'string',
      format: 'uri',
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
      maxLength: rules.MAX_URL,
    },
    {
      clearedBy,
      description: 'URL of a picture: http or https, without user name or password.',
      example: 'https://cdn.example.com/ada.png',
    },
  );

/** `username`: unique without regard to case. */
export const UsernameField = ({ clearedBy = never }: Options = {}) =>
  Field(
    rules.usernameRule,
    { title: 'Username', type: 'string', pattern: rules.USERNAME.source, maxLength: rules.MAX_KEY },
    { clearedBy, description: 'Unique without regard to case.', example: 'ada_lovelace' },
  );

/** `primaryEmail`: unique without regard to case. */
export const EmailField = ({ clearedBy = never }: Options = {}) =>
  Field(
    rules.emailRule,
    {
      title: 'EmailAddress',
      type: 'string',
      pattern: rules.EMAIL.source,
      maxLength: rules.MAX_KEY,
    },
    {
      clearedBy,
      description: 'Unique without regard to case. No control or invisible characters.',
      example: 'ada@example.com',
    },
  );

/** `primaryPhone`: digits only, country code first. */
export const PhoneField = ({ clearedBy = never }: Options = {}) =>
  Field(
    rules.phoneRule,
    { title: 'PhoneNumber', type: 'string', pattern: rules.PHONE.source },
    {
      clearedBy,
      description:
        'A possible international number in digits, country code first; unique. Stored without ' +
        'the national leading 0: `610412345678` is answered as `61412345678`. Digits that cannot ' +
        'be such a number are 422 `user.invalid_phone`.',
      example: '61412345678',
    },
  );

const REPLACES = 'Replaces the whole stored object; as a merge patch, it is merged in.';

/** `customData`: any JSON object. */
export const CustomDataField = (effect = REPLACES) =>
  Field(
    json.customDataRule,
    { title: 'CustomData', type: 'object', additionalProperties: true },
    {
      description: `Any JSON object, at most 64 KiB and 32 levels deep. ${effect}`,
      example: { plan: 'pro' },
    },
  );

/** `profile`: the OpenID Connect claims. */
export const ProfileField = (effect = REPLACES) =>
  Field(json.profileRule, PROFILE_SCHEMA, {
    description: `OpenID Connect claims and whatever else, at most 16 KiB as JSON. ${effect}`,
    example: { familyName: 'Lovelace', givenName: 'Ada' },
  });

export const IsSuspendedField = () =>
  Field(
    rules.booleanRule,
    { type: 'boolean' },
    { description: "A suspended user's own tokens are refused.", example: false },
  );

export const LastSignInAtField = () =>
  Field(
    rules.timeRule,
    { type: 'integer', minimum: 0, maximum: rules.MAX_TIME },
    {
      clearedBy: [null],
      description: 'Milliseconds since the epoch.',
      example: 1_767_225_600_000,
    },
  );

export const ApplicationIdField = () =>
  Field(
    rules.applicationIdRule,
    { type: 'string', minLength: 1, maxLength: rules.MAX_KEY },
    { clearedBy: [null], description: 'The application signed in to.', example: 'shop-web' },
  );

/** `id` of a new user. */
export const UserIdField = () =>
  Field(
    rules.userIdRule,
    { type: 'string', pattern: rules.USER_ID.source },
    {
      description: 'The subject that your identity provider knows the user by; made when left out.',
      example: 'auth0|5f7c8ec7c33c6c004bbafe82',
    },
  );

const FOREIGN_ID = { type: 'string', minLength: 1, maxLength: rules.MAX_FOREIGN_ID };

export const IdentityIdField = (description: string) =>
  Field(rules.foreignIdRule, FOREIGN_ID, { required: true, description, example: '583231' });

export const IssuerField = () =>
  Field(rules.foreignIdRule, FOREIGN_ID, {
    required: true,
    description: 'The enterprise identity provider.',
    example: 'https://sso.example.com',
  });

export const JsonObjectField = (description: string) =>
  Field(
    json.jsonObjectRule,
    { type: 'object', additionalProperties: true },
    { description: `${description} At most 16 KiB as JSON.`, example: { login: 'ada' } },
  );
