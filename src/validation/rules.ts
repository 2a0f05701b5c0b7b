import { canonicalPhone } from '../text/canonical-phone.js';
import { emailKey } from '../text/email-key.js';
import type { Fault, Rule } from './rule.js';

/** Lengths count Unicode code points, as PostgreSQL's `char_length` does. */
export const MAX_NAME = 128;
export const MAX_URL = 2048;
export const MAX_KEY = 128;
export const MAX_FOREIGN_ID = 256;

/** UTF-16 units of an e-mail's key, which may be longer than the address. */
const MAX_EMAIL_KEY = 256;

/** Without the flags `i` and `u`, under which `\w` would match `ſ` and `K`. */
export const USERNAME = /^[A-Z_a-z]\w*$/;
export const EMAIL = /^\S+@\S+\.\S+$/;
export const PHONE = /^\d+$/;
/** Any subject: ASCII, and visible (OpenID Connect Core 1.0, section 2). In a URL, `.` and `..` are steps. */
export const USER_ID = /^(?!\.{1,2}$)[\x21-\x7e]{1,255}$/;
export const MAX_USER_ID = 255;

const CONTROL = /\p{Cc}/u;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const UNSAFE_IN_URL = /[\s\p{Cc}\p{Cf}"<>\\^`{|}]/u;
const HTTP_URL = /^https?:\/\/([^/?#]+)/i;

export const fault = (code: Fault['code'], detail: string): Fault[] => [{ code, detail }];

/** A string of at most `max` code points that then passes `rule`; the bound comes first. */
export const text =
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

export const nameRule = text(MAX_NAME, (value) => {
  if (CONTROL.test(value)) return fault('invalid_character', 'must have no control characters');
  // It is kept in NFC, in which a few characters are more than one.
  return isLongerThan(MAX_NAME, value.normalize('NFC'))
    ? fault('too_long', `must have at most ${MAX_NAME} characters in Unicode NFC`)
    : [];
});

export const usernameRule = text(MAX_KEY, (value) =>
  USERNAME.test(value) ? [] : fault('invalid_format', `must match ${USERNAME.source}`),
);

export const userIdRule = text(MAX_USER_ID, (value) =>
  USER_ID.test(value)
    ? []
    : fault('invalid_format', 'must be visible ASCII characters, and neither . nor ..'),
);

export const emailRule = text(MAX_KEY, (value) => {
  if (INVISIBLE.test(value))
    return fault('invalid_character', 'must have no control or invisible characters');
  // NFKC makes some characters many, and the unique key is made of those.
  if (isLongerThan(MAX_KEY, value.normalize('NFKC')))
    return fault('too_long', `must have at most ${MAX_KEY} characters after Unicode NFKC`);
  if (emailKey(value).length > MAX_EMAIL_KEY)
    return fault('too_long', 'has a domain whose ASCII form is too long');
  return EMAIL.test(value) ? [] : fault('invalid_format', `must match ${EMAIL.source}`);
});

/** An http(s) URL without user name or password. */
export const httpUrlRule = text(MAX_URL, (value) => {
  const authority = HTTP_URL.exec(value)?.[1];
  if (authority === undefined || UNSAFE_IN_URL.test(value) || !URL.canParse(value))
    return fault('invalid_format', 'must be an http or https URL');
  return authority.includes('@')
    ? fault('invalid_format', 'must hold no user name or password')
    : [];
});

export const phoneRule: Rule = (value) => {
  if (typeof value !== 'string') return fault('invalid_type', 'must be a string');
  if (!PHONE.test(value)) return fault('invalid_format', `must match ${PHONE.source}`);
  return canonicalPhone(value) !== undefined
    ? []
    : fault('user.invalid_phone', 'must be a possible international number, country code first');
};

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

/** An id at another provider, or an issuer. */
export const foreignIdRule = text(MAX_FOREIGN_ID, visible);
