import { levelsOf, SELF_SERVICE_FIELDS } from '../config/self-service-fields.js';
import { isPlainObject } from '../json/is-plain-object.js';
import type { TenantSettings } from '../tenancy/tenant-row.js';
import { listFaults } from '../validation/list-rule.js';
import type { Fault, Rule, RuleContext } from '../validation/rule.js';
import { applicationIdRule, booleanRule, fault, foreignIdRule } from '../validation/rules.js';

const MAX_CLIENTS = 100;
const MAX_RESERVED = 1_000;
export const ASSUMABLE = ['email', 'phone_number'];

const listOf =
  (most: number, rule: Rule): Rule =>
  (value, context) =>
    listFaults(value, most, (item) => rule(item, context));

const oneOf =
  (values: readonly string[]): Rule =>
  (value) =>
    values.includes(value as string)
      ? []
      : fault('invalid_format', `must be one of ${values.join(', ')}`);

const days =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? []
      : fault('invalid_number', `must be a whole number from ${least} to ${most}`);

/** Every member by its own rule; of a merge patch, null removes it. */
const objectOf =
  (ruleOf: (name: string) => Rule | undefined): Rule =>
  (value, context) => {
    if (!isPlainObject(value)) return fault('invalid_type', 'must be an object');
    return Object.entries(value).flatMap(([name, member]) =>
      memberFaults(ruleOf(name), member, context).map(({ at = [], ...one }) => ({
        ...one,
        at: [name, ...at],
      })),
    );
  };

function memberFaults(rule: Rule | undefined, member: unknown, context: RuleContext): Fault[] {
  if (!rule) return fault('unknown_field', 'is not a setting of a tenant');
  return member === null && context.isMergePatch ? [] : rule(member, context);
}

const fieldLevels = objectOf((field) => {
  const levels = levelsOf(field);
  return levels && oneOf(levels);
});

const RULES: Record<keyof TenantSettings, Rule> = {
  selfServiceFields: fieldLevels,
  selfServiceClients: listOf(MAX_CLIENTS, foreignIdRule),
  selfServiceProvisioning: booleanRule,
  selfServiceAssumeVerified: listOf(ASSUMABLE.length, oneOf(ASSUMABLE)),
  reservedUsernames: listOf(MAX_RESERVED, applicationIdRule),
  eventsRetentionDays: days(0, 36_500),
  deliveriesRetentionDays: days(1, 3_650),
};

const settings = objectOf((name) =>
  Object.hasOwn(RULES, name) ? RULES[name as keyof TenantSettings] : undefined,
);

export const settingsRule: Rule = (value, context) =>
  value === null && context.isMergePatch ? [] : settings(value, context);

const strings = (more: object) => ({ type: 'array', items: { type: 'string', ...more } });

const SELF_SERVICE_SCHEMA = Object.fromEntries(
  SELF_SERVICE_FIELDS.map((field) => [field, { type: 'string', enum: levelsOf(field) }]),
);

export const SETTINGS_SCHEMA = {
  title: 'TenantSettings',
  type: 'object',
  properties: {
    selfServiceFields: {
      title: 'SelfServiceFields',
      type: 'object',
      properties: SELF_SERVICE_SCHEMA,
      additionalProperties: false,
    },
    selfServiceClients: { ...strings({ minLength: 1, maxLength: 256 }), maxItems: MAX_CLIENTS },
    selfServiceProvisioning: { type: 'boolean' },
    selfServiceAssumeVerified: strings({ enum: ASSUMABLE }),
    reservedUsernames: { ...strings({ minLength: 1, maxLength: 128 }), maxItems: MAX_RESERVED },
    eventsRetentionDays: { type: 'integer', minimum: 0, maximum: 36_500 },
    deliveriesRetentionDays: { type: 'integer', minimum: 1, maximum: 3_650 },
  } satisfies Record<keyof TenantSettings, object>,
  additionalProperties: false,
};
