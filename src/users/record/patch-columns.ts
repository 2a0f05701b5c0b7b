import { canonicalPhone } from '../../text/canonical-phone.js';
import { caseFolded } from '../../text/case-folded.js';
import { emailKey } from '../../text/email-key.js';
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
    username_key: normal(username, caseFolded),
    primary_email: cleared(primaryEmail),
    primary_email_key: normal(primaryEmail, emailKey),
    primary_email_assumed:
      primaryEmail === undefined ? undefined : assumed.includes('primaryEmail'),
    primary_phone: e164(primaryPhone),
    primary_phone_assumed:
      primaryPhone === undefined ? undefined : assumed.includes('primaryPhone'),
    name: normal(patch.name, (name) => name.normalize('NFC')),
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

/** A value in the form that it is kept or compared in. */
const normal = (value: Text, form: (text: string) => string) =>
  value === null || value === '' ? null : value === undefined ? undefined : form(value);

const e164 = (digits: Text) => normal(digits, (given) => canonicalPhone(given) ?? given);
