import { describe, expect, it } from '@jest/globals';
import { customDataRule, jsonObjectRule, profileRule } from '../../src/validation/json-rules.js';
import type { FieldRule } from '../../src/validation/rule.js';
import * as rules from '../../src/validation/rules.js';

const RULES = {
  name: rules.nameRule,
  url: rules.httpUrlRule,
  username: rules.usernameRule,
  email: rules.emailRule,
  phone: rules.phoneRule,
  boolean: rules.booleanRule,
  time: rules.timeRule,
  applicationId: rules.applicationIdRule,
  foreignId: rules.foreignIdRule,
  userId: rules.userIdRule,
  customData: customDataRule,
  profile: profileRule,
  jsonObject: jsonObjectRule,
} satisfies Record<string, FieldRule>;
type Name = keyof typeof RULES;

const settings = { CUSTOM_DATA_MAX_BYTES: 200 } as never;

/** Every fault as `path code: detail`. */
const faults = (name: Name, value: unknown, isMergePatch = false) =>
  RULES[name](value, { isMergePatch, settings, body: {} }).map(
    ({ at = [], code, detail }) => `${at.map((key) => `${key}/`).join('')}${code}: ${detail}`,
  );

const nested = (levels: number): object => (levels === 1 ? { a: null } : { a: nested(levels - 1) });
const TEXT = 'invalid_type: must be a string';
const OBJECT = 'invalid_type: must be an object';
const DEEP = 'too_deep: is nested deeper than 32 levels';
const NOT_HTTP = 'invalid_format: must be an http or https URL';
const CREDENTIALS = 'invalid_format: must hold no user name or password';
const USERNAME = 'invalid_format: must match ^[A-Z_a-z]\\w*$';
const EMAIL = 'invalid_format: must match ^\\S+@\\S+\\.\\S+$';
const UNSEEN = 'invalid_character: must have no control or invisible characters';
const PHONE = 'invalid_format: must match ^\\d+$';
const NO_PHONE = 'user.invalid_phone: must be a possible international number, country code first';
const USER_ID = 'invalid_format: must be visible ASCII characters, and neither . nor ..';
const TIME = 'invalid_number: must be whole milliseconds since 1970';
const FOREIGN_ID = 'invalid_format: must be text without control characters';
const LARGE = 'must have at most 16384 bytes as JSON';
const atMost = (max: number) => `too_long: must have at most ${max} characters`;

const REFUSED: [rule: Name, value: unknown, fault: string][] = [
  ['name', null, TEXT],
  ['name', 'a\tb', 'invalid_character: must have no control characters'],
  ['name', 'a'.repeat(129), atMost(128)],
  ['name', '😀'.repeat(129), atMost(128)],
  ['name', '\u0958'.repeat(65), `${atMost(128)} in Unicode NFC`],
  ['url', 5, TEXT],
  ['url', `https://h/${'a'.repeat(2039)}`, atMost(2048)],
  ['url', '', NOT_HTTP],
  ['url', '/a.png', NOT_HTTP],
  ['url', 'ftp://h/a', NOT_HTTP],
  ['url', 'xhttps://h/a', NOT_HTTP],
  ['url', 'https:///a', NOT_HTTP],
  ['url', 'https://h/a b', NOT_HTTP],
  ['url', 'https://h/<b>', NOT_HTTP],
  ['url', 'https://a:99999/', NOT_HTTP],
  ['url', 'https://u:p@h/', CREDENTIALS],
  ['url', 'http://@h', CREDENTIALS],
  ['username', 5, TEXT],
  ['username', 'a'.repeat(129), atMost(128)],
  ['username', '', USERNAME],
  ['username', '1abc', USERNAME],
  ['username', 'a-b', USERNAME],
  ['email', 5, TEXT],
  ['email', `${'a'.repeat(125)}@b.c`, atMost(128)],
  ['email', 'a\u200b@b.c', UNSEEN],
  ['email', `${'ﷺ'.repeat(8)}@b.c`, `${atMost(128)} after Unicode NFKC`],
  ['email', `a@${'ü.'.repeat(60)}de`, 'too_long: has a domain whose ASCII form is too long'],
  ['email', 'a b@c.d', EMAIL],
  ['email', 'a@b.c d', EMAIL],
  ['email', 'a@b', EMAIL],
  ['email', '@b.c', EMAIL],
  ['phone', 442079460958, TEXT],
  ['phone', '', PHONE],
  ['phone', '+442079460958', PHONE],
  ['phone', '442079460958 ', PHONE],
  ['phone', '123', NO_PHONE],
  ['customData', null, OBJECT],
  ['customData', [], OBJECT],
  ['customData', nested(33), DEEP],
  [
    'customData',
    { a: 'ä'.repeat(97) },
    'user.custom_data_too_large: must have at most 200 bytes as JSON',
  ],
  ['profile', null, OBJECT],
  ['profile', 'x', OBJECT],
  ['profile', nested(33), DEEP],
  ['profile', { more: 'ä'.repeat(8187) }, `too_long: ${LARGE}`],
  ['boolean', 'true', 'invalid_type: must be true or false'],
  ['boolean', null, 'invalid_type: must be true or false'],
  ['time', '5', 'invalid_type: must be a number of milliseconds'],
  ['time', '', 'invalid_type: must be a number of milliseconds'],
  ['time', -1, TIME],
  ['time', 1.5, TIME],
  ['time', 253_402_300_800_000, TIME],
  ['applicationId', 5, TEXT],
  ['applicationId', '', FOREIGN_ID],
  ['applicationId', 'a\0', FOREIGN_ID],
  ['applicationId', 'a'.repeat(129), atMost(128)],
  ['foreignId', undefined, TEXT],
  ['foreignId', '', FOREIGN_ID],
  ['foreignId', 'a'.repeat(257), atMost(256)],
  ['userId', null, TEXT],
  ['userId', '', USER_ID],
  ['userId', '.', USER_ID],
  ['userId', '..', USER_ID],
  ['userId', 'éa', USER_ID],
  ['userId', 'aé', USER_ID],
  ['userId', 'a b', USER_ID],
  ['userId', 'a'.repeat(256), atMost(255)],
  ['jsonObject', null, OBJECT],
  ['jsonObject', { a: 'ä'.repeat(8189) }, `too_long: ${LARGE}`],
];

const TAKEN: [rule: Name, ...values: unknown[]][] = [
  ['name', '', ' ', 'Zoë 李', 'a'.repeat(128), '😀'.repeat(128), '\u0958'.repeat(64)],
  ['url', 'http://h', 'HTTPS://h/a', 'https://h?a@b', `https://h/${'a'.repeat(2038)}`],
  ['username', 'a', '_', 'Ada_1', 'a'.repeat(128)],
  ['email', 'a@b.c', 'ada@example.com', 'a@bücher.example', `${'a'.repeat(124)}@b.c`],
  ['email', `a@${'ü'.repeat(40)}.de`],
  ['phone', '442079460958', '610412345678'],
  ['customData', {}, { a: null, b: [1] }, { a: 'x'.repeat(192) }],
  ['customData', { a: nested(31) }],
  ['profile', {}, { more: 1, pronouns: ['she'] }, nested(32), { more: 'x'.repeat(16_373) }],
  ['profile', { nickname: '', address: { country: 'UK', more: 1 } }],
  ['boolean', true, false],
  ['time', 0, 253_402_300_799_999],
  ['applicationId', ' ', 'a'.repeat(128)],
  ['foreignId', 'a'.repeat(256)],
  ['userId', '...', '.a', '..a', 'auth0|5f7c', '!~', 'a'.repeat(255)],
  ['jsonObject', {}, { a: null }, { a: 'x'.repeat(16_376) }],
];

describe('the rule of', () => {
  it.each(REFUSED)('%s refuses %j: %s', (name, value, fault) => {
    expect(faults(name, value)).toEqual([fault]);
  });

  it.each(TAKEN)('%s takes what is good', (name, ...values) => {
    for (const value of values)
      expect({ value, is: faults(name, value) }).toEqual({ value, is: [] });
  });
});

describe('the rules', () => {
  it('take the longest values without a pause', () => {
    const hostile = ['@'.repeat(128), 'a@'.repeat(64), `${'a'.repeat(63)}@${'.'.repeat(64)}`];
    const context = { isMergePatch: false, body: {} };
    for (const value of hostile) rules.emailRule(value, context);
    expect(rules.emailRule('@'.repeat(1_000_000), context)[0]?.code).toBe('too_long');
    expect(rules.usernameRule('a'.repeat(1_000_000), context)[0]?.code).toBe('too_long');
  });
});

describe('a profile', () => {
  const CLAIMS = [
    ...['familyName', 'givenName', 'middleName', 'nickname', 'preferredUsername', 'profile'],
    ...['website', 'gender', 'birthdate', 'zoneinfo', 'locale'],
  ];
  const PARTS = ['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'];
  const all = (names: string[], value: unknown) =>
    Object.fromEntries(names.map((name) => [name, value]));

  it.each([1, null])('has claims and parts of an address that are text, not %j', (value) => {
    const profile = { ...all(CLAIMS, value), address: all(PARTS, value) };
    expect(faults('profile', profile)).toEqual([
      ...CLAIMS.map((name) => `${name}/${TEXT}`),
      ...PARTS.map((name) => `address/${name}/${TEXT}`),
    ]);
  });

  it.each([null, 'x', []])('has an address that is an object, not %j', (address) => {
    expect(faults('profile', { address })).toEqual(['address/invalid_type: must be an object']);
  });

  it('is told its size beside its other faults', () => {
    expect(faults('profile', { nickname: 1, more: 'x'.repeat(16_384) })).toEqual([
      `nickname/${TEXT}`,
      `too_long: ${LARGE}`,
    ]);
  });
});

describe('null in a merge patch', () => {
  it('removes objects, claims and parts of an address', () => {
    const removed = { nickname: null, address: { region: null } };
    for (const profile of [null, removed, { address: null }])
      expect(faults('profile', profile, true)).toEqual([]);
    expect(faults('customData', null, true)).toEqual([]);
  });

  it('does not stand for what has another type', () => {
    expect(faults('profile', { nickname: 1, address: 5 }, true)).toEqual([
      `nickname/${TEXT}`,
      `address/${OBJECT}`,
    ]);
    expect(faults('customData', 5, true)).toEqual([OBJECT]);
    expect(faults('jsonObject', null, true)).toEqual([OBJECT]);
  });
});
