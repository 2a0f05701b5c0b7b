import { EVENT_TYPE_SCHEMA, EVENT_TYPES } from '../events/record/event-types.js';
import { Field } from '../validation/rule.js';
import { booleanRule, MAX_FOREIGN_ID, MAX_URL } from '../validation/rules.js';
import * as rules from './hook-rules.js';

export const TargetUrlField = ({ required = false } = {}) =>
  Field(
    rules.targetUrlRule,
    {
      title: 'HookUrl',
      type: 'string',
      format: 'uri',
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
      maxLength: MAX_URL,
    },
    {
      required,
      description: 'Where events are sent: http or https, at a public address.',
      example: 'https://crm.example.com/webhooks/nameplate',
    },
  );

export const TYPES_SCHEMA = {
  type: 'array',
  items: EVENT_TYPE_SCHEMA,
  maxItems: EVENT_TYPES.length,
  uniqueItems: true,
};

export const TypesField = () =>
  Field(
    rules.typesRule,
    { title: 'EventTypes', ...TYPES_SCHEMA },
    {
      description: 'Only events of these types; [] is all.',
      example: ['User.Created', 'User.Data.Updated'],
    },
  );

export const HEADERS_SCHEMA = {
  type: 'object',
  additionalProperties: { type: 'string', maxLength: rules.MAX_HEADER_VALUE },
  maxProperties: rules.MAX_HEADERS,
};

export const HeadersField = () =>
  Field(rules.headersRule, HEADERS_SCHEMA, {
    description:
      'Headers of your own for each delivery, such as credentials of the receiver. Kept encrypted. ' +
      'Replaces all that were there; as a merge patch, it is merged in.',
    example: { Authorization: 'Bearer 9f2c6e' },
  });

export const EnabledField = () =>
  Field(
    booleanRule,
    { type: 'boolean' },
    {
      description: 'Whether events are delivered; those in between follow once it is true again.',
      example: true,
    },
  );

export const CLIENTS_SCHEMA = {
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: MAX_FOREIGN_ID },
  maxItems: rules.MAX_CLIENTS,
  uniqueItems: true,
};

export const ExcludeClientIdsField = () =>
  Field(
    rules.clientIdsRule,
    { title: 'ExcludedClients', ...CLIENTS_SCHEMA },
    {
      description: 'No events of changes by these clients (`data.actor.clientId`): no echo.',
      example: ['crm'],
    },
  );

export const AfterField = () =>
  Field(
    rules.sequenceRule,
    {
      anyOf: [
        { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 },
        { type: 'string', pattern: rules.SEQUENCE.source },
      ],
    },
    {
      description:
        'Everything behind this `sequence` of the feed again; a number, or the text that events have.',
      example: 41,
    },
  );

export const DeadField = () =>
  Field(
    rules.deadRule,
    { type: 'string', enum: ['dead'] },
    { description: 'All dead letters again.', example: 'dead' },
  );
