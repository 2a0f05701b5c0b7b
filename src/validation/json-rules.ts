import { isPlainObject } from '../json/is-plain-object.js';
import type { Fault, FieldRule, Rule } from './rule.js';
import { fault } from './rules.js';

export const MAX_PROFILE_BYTES = 16_384;

/** Levels of nesting that `customData` may have. */
const MAX_DEPTH = 32;

export const customDataRule: FieldRule = (value, { isMergePatch, settings }) => {
  if (value === null && isMergePatch) return [];
  if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
  if (isDeeperThan(MAX_DEPTH, value))
    return fault('too_deep', `is nested deeper than ${MAX_DEPTH} levels`);
  const most = settings.CUSTOM_DATA_MAX_BYTES;
  return Buffer.byteLength(JSON.stringify(value)) > most ? [customDataTooLarge(most)] : [];
};

export const customDataTooLarge = (most: number): Fault => ({
  code: 'user.custom_data_too_large',
  detail: `must have at most ${most} bytes as JSON`,
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
  if (isDeeperThan(MAX_DEPTH, value))
    return fault('too_deep', `is nested deeper than ${MAX_DEPTH} levels`);
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

/** Any JSON object that is not too large. */
export const jsonObjectRule: Rule = (value) => {
  if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
  return Buffer.byteLength(JSON.stringify(value)) > MAX_PROFILE_BYTES ? [profileTooLarge()] : [];
};
