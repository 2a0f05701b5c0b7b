import { isPossiblePhoneNumber } from 'libphonenumber-js';
import { isPlainObject } from '../http/strict-json.js';
import {
  isDigest,
  PASSWORD_ALGORITHMS,
  type PasswordAlgorithm,
} from '../passwords/stored-password.js';
import type { Fault, Rule } from './rule.js';

/** Lengths count Unicode code points, as PostgreSQL's `char_length` does. */
export const MAX_NAME = 128;
export const MAX_URL = 2048;
export const MAX_KEY = 128;
export const MAX_PASSWORD = 256;
export const MAX_FOREIGN_ID = 256;
export const MAX_PROFILE_BYTES = 16_384;

/** The one limit that is configured (CUSTOM_DATA_MAX_BYTES); `createApp` sets it. */
export const limits = { customDataBytes: 65_536 };

/** Without the flags `i` and `u`, under which `\w` would match `ſ` and `K`. */
export const USERNAME = /^[A-Z_a-z]\w*$/;
export const EMAIL = /^\S+@\S+\.\S+$/;
export const PHONE = /^\d+$/;
export const USER_ID = /^[A-Za-z0-9_.|:@-]{1,128}$/;

const CONTROL = /\p{Cc}/u;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const UNSAFE_IN_URL = /[\s\p{Cc}\p{Cf}"<>\\^`{|}]/u;
const HTTP_URL = /^https?:\/\/(?<authority>[^/?#]+)/i;

const fault = (code: Fault['code'], detail: string): Fault[] => [{ code, detail }];

/** A string of at most `max` code points that then passes `rule`; the bound comes first. */
const text =
  (max: number, rule: (value: string) => Fault[]): Rule =>
  (value) => {
    if (typeof value !== 'string') return fault('invalid_type', 'must be a string');
    if (isLongerThan(max, value)) return fault('too_long', `must have at most ${max} characters`);
    return rule(value);
  };

/** The UTF-16 length bounds the work before the code points are counted. */
function isLongerThan(max: number, value: string): boolean {
  // eslint-disable-next-line @typescript-eslint/no-misused-spread -- code points are what counts
  return value.length > max && (value.length > 2 * max || [...value].length > max);
}

export const nameRule = text(MAX_NAME, (value) =>
  CONTROL.test(value) ? fault('invalid_character', 'must have no control characters') : [],
);

export const usernameRule = text(MAX_KEY, (value) =>
  USERNAME.test(value) ? [] : fault('invalid_format', `must match ${USERNAME.source}`),
);

export const userIdRule = text(MAX_KEY, (value) =>
  USER_ID.test(value) ? [] : fault('invalid_format', `must match ${USER_ID.source}`),
);

export const emailRule = text(MAX_KEY, (value) => {
  if (INVISIBLE.test(value))
    return fault('invalid_character', 'must have no control or invisible characters');
  // NFKC makes some characters many, and the unique key is made of those.
  if (isLongerThan(MAX_KEY, value.normalize('NFKC')))
    return fault('too_long', `must have at most ${MAX_KEY} characters after Unicode NFKC`);
  return EMAIL.test(value) ? [] : fault('invalid_format', `must match ${EMAIL.source}`);
});

export const avatarRule = text(MAX_URL, (value) => {
  const authority = HTTP_URL.exec(value)?.groups?.['authority'];
  if (authority === undefined || UNSAFE_IN_URL.test(value) || !URL.canParse(value))
    return fault('invalid_format', 'must be an http or https URL');
  return authority.includes('@')
    ? fault('invalid_format', 'must hold no user name or password')
    : [];
});

export const phoneRule: Rule = (value) => {
  if (typeof value !== 'string') return fault('invalid_type', 'must be a string');
  if (!PHONE.test(value)) return fault('invalid_format', `must match ${PHONE.source}`);
  return isPossiblePhoneNumber(`+${value}`)
    ? []
    : fault('user.invalid_phone', 'must be a possible international number, country code first');
};

/** Levels of nesting that `customData` may have. */
const MAX_DEPTH = 32;

export const customDataRule: Rule = (value, { isMergePatch }) => {
  if (value === null && isMergePatch) return [];
  if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
  if (isDeeperThan(MAX_DEPTH, value))
    return fault('too_deep', `is nested deeper than ${MAX_DEPTH} levels`);
  if (Buffer.byteLength(JSON.stringify(value)) <= limits.customDataBytes) return [];
  return [customDataTooLarge()];
};

export const customDataTooLarge = (): Fault => ({
  code: 'user.custom_data_too_large',
  detail: `must have at most ${limits.customDataBytes} bytes as JSON`,
});

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(levels - 1, child));
}

/** The standard OpenID Connect claims that a profile may hold (OpenID Connect Core 1.0, 5.1). */
export const PROFILE_CLAIMS = [
  ...(['familyName', 'givenName', 'middleName', 'nickname', 'preferredUsername'] as const),
  ...(['profile', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale'] as const),
];

/** OpenID Connect Core 1.0, 5.1.1. */
export const ADDRESS_CLAIMS = [
  ...(['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'] as const),
];

/** Known claims have their type; what else is there is the team's own, and kept. */
export const profileRule: Rule = (value, { isMergePatch }) => {
  if (value === null && isMergePatch) return [];
  if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
  const isRemoved = (part: unknown) => part === undefined || (part === null && isMergePatch);
  const notStrings = (object: Record<string, unknown>, names: readonly string[], path: string[]) =>
    names
      .filter((name) => !isRemoved(object[name]) && typeof object[name] !== 'string')
      .map((name): Fault => ({
        at: [...path, name],
        code: 'invalid_type',
        detail: 'must be a string',
      }));
  const { address } = value;
  const faults = notStrings(value, PROFILE_CLAIMS, []);
  if (isPlainObject(address)) faults.push(...notStrings(address, ADDRESS_CLAIMS, ['address']));
  else if (!isRemoved(address))
    faults.push({ at: ['address'], code: 'invalid_type', detail: 'must be an object' });
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_PROFILE_BYTES) faults.push(profileTooLarge());
  return faults;
};

export const profileTooLarge = (): Fault => ({
  code: 'too_long',
  detail: `must have at most ${MAX_PROFILE_BYTES} bytes as JSON`,
});

/** `isSuspended`. */
export const booleanRule: Rule = (value) =>
  typeof value === 'boolean' ? [] : fault('invalid_type', 'must be true or false');

/** The last millisecond of the year 9999. */
export const MAX_TIME = 253_402_300_799_999;

/** Milliseconds since the epoch. */
export const timeRule: Rule = (value) => {
  if (typeof value !== 'number') return fault('invalid_type', 'must be a number of milliseconds');
  return Number.isInteger(value) && value >= 0 && value <= MAX_TIME
    ? []
    : fault('invalid_number', 'must be whole milliseconds since 1970');
};

/** Text that is there, for ids that other systems give. */
const visible = (value: string) =>
  value === '' || CONTROL.test(value)
    ? fault('invalid_format', 'must be text without control characters')
    : [];

export const applicationIdRule = text(MAX_KEY, visible);

/** `password`: anything that a person can type, up to a length that is still hashed at once. */
export const passwordRule = text(MAX_PASSWORD, (value) =>
  value === '' ? fault('invalid_format', 'must not be empty') : [],
);

/** `passwordAlgorithm`, which goes with `passwordDigest`. */
export const passwordAlgorithmRule: Rule = (value, { body }) => {
  if (!isAlgorithm(value))
    return fault('invalid_format', `must be one of ${PASSWORD_ALGORITHMS.join(', ')}`);
  return 'passwordDigest' in body ? [] : fault('invalid_format', 'needs a passwordDigest');
};

/** `passwordDigest`, in place of `password`. */
export const passwordDigestRule: Rule = (value, { body }) => {
  if (typeof value !== 'string') return fault('invalid_type', 'must be a string');
  const { password, passwordAlgorithm } = body as Record<string, unknown>;
  if (password !== undefined) return fault('invalid_format', 'must not stand beside a password');
  if (passwordAlgorithm === undefined) return fault('invalid_format', 'needs a passwordAlgorithm');
  return !isAlgorithm(passwordAlgorithm) || isDigest(passwordAlgorithm, value)
    ? []
    : fault('invalid_format', `must be a digest of ${passwordAlgorithm} at a bearable cost`);
};

const isAlgorithm = (value: unknown): value is PasswordAlgorithm =>
  PASSWORD_ALGORITHMS.includes(value as PasswordAlgorithm);

/** An id at another provider, or an issuer. */
export const foreignIdRule = text(MAX_FOREIGN_ID, visible);

/** Any JSON object that is not too large. */
export const jsonObjectRule: Rule = (value) => {
  if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
  return Buffer.byteLength(JSON.stringify(value)) > MAX_PROFILE_BYTES ? [profileTooLarge()] : [];
};
