import type { Rule } from '../validation/rule.js';
import { httpUrlRule, emailRule, nameRule, phoneRule, usernameRule } from '../validation/rules.js';
import type { UserPatch } from '../users/user-row.js';

type Claims = Record<string, unknown>;

/** OpenID Connect's name of each claim of `profile` (Core 1.0, 5.1), and of its address (5.1.1). */
const PROFILE = {
  familyName: 'family_name',
  givenName: 'given_name',
  middleName: 'middle_name',
  nickname: 'nickname',
  preferredUsername: 'preferred_username',
  profile: 'profile',
  website: 'website',
  gender: 'gender',
  birthdate: 'birthdate',
  zoneinfo: 'zoneinfo',
  locale: 'locale',
};

const ADDRESS = {
  formatted: 'formatted',
  streetAddress: 'street_address',
  locality: 'locality',
  region: 'region',
  postalCode: 'postal_code',
  country: 'country',
};

/**
 * What the standard claims of a token say of its user. A claim that breaks a rule of its field, or
 * that the issuer says it has not verified, is left out.
 */
export function claimsToPatch(claims: Claims): UserPatch {
  const verified = (name: string) => claims[`${name}_verified`] !== false;
  const phone = claims['phone_number'];
  const address = picked(ADDRESS, claims['address']);
  return {
    ...valid('name', nameRule, claims['name']),
    ...valid('avatar', httpUrlRule, claims['picture']),
    ...valid('username', usernameRule, claims['preferred_username']),
    ...(verified('email') && valid('primaryEmail', emailRule, claims['email'])),
    ...(verified('phone_number') &&
      typeof phone === 'string' &&
      valid('primaryPhone', phoneRule, phone.replace(/[^\d]/g, ''))),
    profile: { ...picked(PROFILE, claims), ...(Object.keys(address).length > 0 && { address }) },
  };
}

function valid(field: keyof UserPatch, rule: Rule, value: unknown): UserPatch {
  const isValid = value !== '' && rule(value, { isMergePatch: false, body: {} }).length === 0;
  return isValid ? { [field]: value } : {};
}

/** The claims of these names that are text, under the names that the user object has for them. */
function picked(names: Record<string, string>, claims: unknown): Record<string, string> {
  if (typeof claims !== 'object' || claims === null) return {};
  const entries = Object.entries(names).map(([to, from]) => [to, (claims as Claims)[from]]);
  return Object.fromEntries(
    entries.filter(([, value]) => nameRule(value, { isMergePatch: false, body: {} }).length === 0),
  ) as Record<string, string>;
}
