import { validateHeaderValue } from 'node:http';
import { EVENT_TYPES } from '../events/record/event-types.js';
import { isPlainObject } from '../json/is-plain-object.js';
import { listFaults } from '../validation/list-rule.js';
import type { Fault, FieldRule, Rule } from '../validation/rule.js';
import { fault, foreignIdRule, httpUrlRule } from '../validation/rules.js';
import { isPrivateHost } from '../deliveries/public-address.js';

export const MAX_HEADERS = 20;
export const MAX_HEADER_VALUE = 2_048;
export const MAX_CLIENTS = 20;

/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Headers of the connection (RFC 9110, section 7.6.1), and those that the service itself sets. */
const OWN_HEADER =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|user-agent|content-.*|webhook-.*|traceparent|tracestate)$/i;

export const targetUrlRule: FieldRule = (value, context) => {
  const faults = httpUrlRule(value, context);
  if (faults.length > 0 || context.settings.HOOKS_ALLOW_PRIVATE_TARGETS === 'on') return faults;
  return isPrivateHost(new URL(value as string).hostname)
    ? fault('invalid_format', 'must lead to a public address (HOOKS_ALLOW_PRIVATE_TARGETS)')
    : [];
};

export const typesRule: Rule = (value) =>
  listFaults(value, EVENT_TYPES.length, (item) =>
    EVENT_TYPES.includes(item as never)
      ? []
      : fault('invalid_format', `must be one of ${EVENT_TYPES.join(', ')}`),
  );

export const clientIdsRule: Rule = (value, context) =>
  listFaults(value, MAX_CLIENTS, (item) => foreignIdRule(item, context));

export const headersRule: Rule = (value, { isMergePatch }) => {
  if (value === null && isMergePatch) return [];
  if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
  const names = Object.keys(value);
  if (names.length > MAX_HEADERS)
    return fault('too_long', `must have at most ${MAX_HEADERS} entries`);
  return names.flatMap((name) => {
    const isRemoval = isMergePatch && value[name] === null;
    const found = [...nameFaults(name, names), ...(isRemoval ? [] : valueFaults(value[name]))];
    return found.slice(0, 1).map((one) => ({ ...one, at: [name] }));
  });
};

function nameFaults(name: string, names: string[]): Fault[] {
  if (!HEADER_NAME.test(name)) return fault('invalid_format', 'is not the name of a header');
  if (OWN_HEADER.test(name)) return fault('reserved', 'is a header that the service itself sets');
  const isTwice = names.some((other) => other !== name && isSameHeader(other, name));
  return isTwice ? fault('invalid_format', 'stands twice, in another case') : [];
}

export const isSameHeader = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function valueFaults(value: unknown): Fault[] {
  if (typeof value !== 'string') return fault('invalid_type', 'must be a string');
  if (value.length > MAX_HEADER_VALUE)
    return fault('too_long', `must have at most ${MAX_HEADER_VALUE} characters`);
  try {
    validateHeaderValue('x', value);
  } catch {
    return fault('invalid_character', 'has a character that a header cannot have');
  }
  return value === value.trim()
    ? []
    : fault('invalid_format', 'must not begin or end with a space');
}

/** A place in the feed in decimal digits, as events have it. */
export const SEQUENCE = /^(0|[1-9]\d{0,14})$/;

/** As a number, or as the text that events have it in. */
export const sequenceRule: Rule = (value) => {
  if (typeof value !== 'number' && typeof value !== 'string')
    return fault('invalid_type', 'must be a number');
  return SEQUENCE.test(String(value))
    ? []
    : fault('invalid_number', 'must be a whole number from 0');
};

export const deadRule: Rule = (value) =>
  value === 'dead' ? [] : fault('invalid_format', 'must be dead');
