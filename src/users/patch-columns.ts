import { canonicalPhone } from '../validation/canonical-phone.js';
import type { UserPatch } from './user-row.js';

/** Column → value to store. */
export type Columns = Record<string, unknown>;

/**
 * What a patch that passed validation means in columns: absent fields are left out, null and ''
 * both clear, and each unique field brings its key. The only place where a value is normalised.
 */
export function patchColumns(patch: UserPatch): Columns {
  const { username, primaryEmail, primaryPhone, lastSignInAt, assumed = [] } = patch;
  const columns: Columns = {
    username: cleared(username),
    username_key: caseFolded(username),
    primary_email: cleared(primaryEmail),
    primary_email_key: caseFolded(primaryEmail),
    primary_email_assumed:
      primaryEmail === undefined ? undefined : assumed.includes('primaryEmail'),
    primary_phone: e164(primaryPhone),
    primary_phone_assumed:
      primaryPhone === undefined ? undefined : assumed.includes('primaryPhone'),
    name: cleared(patch.name),
    avatar: cleared(patch.avatar),
    custom_data: patch.customData,
    profile: patch.profile,
    is_suspended: patch.isSuspended,
    last_sign_in_at: typeof lastSignInAt === 'number' ? new Date(lastSignInAt) : lastSignInAt,
    application_id: patch.applicationId,
    password_digest: patch.password?.digest,
    password_algorithm: patch.password?.algorithm,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

type Text = string | null | undefined;

const cleared = (value: Text) => (value === '' ? null : value);

/** Equal for values that differ only in case or in Unicode's compatibility forms. */
export const caseFolded = (value: Text) =>
  // The last letter of a Greek word has a form of its own, in lower case only.
  cleared(value) && value?.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');

const e164 = (digits: Text) => cleared(digits) && canonicalPhone(digits ?? '');
