import { isStorable } from '../text/is-storable.js';
import { profileRule } from '../validation/json-rules.js';
import type { Rule } from '../validation/rule.js';
import { emailRule, httpUrlRule, nameRule, phoneRule, usernameRule } from '../validation/rules.js';
import type { UserPatch } from '../users/record/user-row.js';

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

/** E.164 as OpenID Connect recommends it, with whatever people put between the digits; no extension. */
const INTERNATIONAL = /^\+[\d\s().-]+$/;

/** The claims that hold an address, and the fields that it is for. */
const ADDRESSES = { email: 'primaryEmail', phone_number: 'primaryPhone' } as const;

/**
 * What the standard claims of a token say of its user, by the rules of a PATCH. A claim that breaks
 * one is left out, and so is an address that the issuer does not say it has verified.
 *
 * @param assumed claims of addresses that count as verified where the token says nothing of it; which
 *   of them were taken is in `assumed` of the patch
 */
export function claimsToPatch(claims: Claims, assumed: readonly string[]): UserPatch {
  const phone = claims['phone_number'];
  const isPhone = typeof phone === 'string' && INTERNATIONAL.test(phone);
  const taken = Object.entries(ADDRESSES).filter(
    ([claim]) => isSilent(claims, claim) && assumed.includes(claim),
  );
  const counts = (claim: string) =>
    isVerified(claims, claim) || taken.some(([name]) => name === claim);
  return {
    ...valid('name', nameRule, claims['name']),
    ...valid('avatar', httpUrlRule, claims['picture']),
    ...valid('username', usernameRule, claims['preferred_username']),
    ...(counts('email') && valid('primaryEmail', emailRule, claims['email'])),
    ...(counts('phone_number') &&
      isPhone &&
      valid('primaryPhone', phoneRule, phone.replace(/\D/g, ''))),
    assumed: taken.map(([, field]) => field),
    profile: toProfile(claims),
  };
}

/** Some issuers write booleans as text; nothing else says that it is verified. */
const isVerified = (claims: Claims, name: string) =>
  [true, 'true'].includes(claims[`${name}_verified`] as string | boolean);

const isSilent = (claims: Claims, name: string) => !(`${name}_verified` in claims);

const CONTEXT = { isMergePatch: false, body: {} };

function valid(field: keyof UserPatch, rule: Rule, value: unknown): UserPatch {
  const isValid = value !== '' && isStorable(value) && rule(value, CONTEXT).length === 0;
  return isValid ? { [field]: value } : {};
}

/** The claims that are text, one after the other, as long as they all fit. */
function toProfile(claims: Claims): Record<string, unknown> {
  const profile: Record<string, unknown> = {};
  const address: Record<string, unknown> = {};
  const given = claims['address'];
  const isObject = typeof given === 'object' && given !== null;
  copy(PROFILE, claims, profile, () => profile);
  if (isObject) copy(ADDRESS, given as Claims, address, () => ({ ...profile, address }));
  return Object.keys(address).length > 0 ? { ...profile, address } : profile;
}

function copy(
  names: Record<string, string>,
  from: Claims,
  to: Claims,
  whole: () => Record<string, unknown>,
): void {
  for (const [name, claim] of Object.entries(names)) {
    if (!isStorable(from[claim])) continue;
    to[name] = from[claim];
    if (profileRule(whole(), CONTEXT).length > 0) Reflect.deleteProperty(to, name);
  }
}
