import { MAX_TENANT_ID, TENANT_ID } from '../config/tenant-template.js';
import { Field } from '../validation/rule.js';
import { booleanRule, httpUrlRule, MAX_FOREIGN_ID, MAX_URL } from '../validation/rules.js';
import { SETTINGS_SCHEMA, settingsRule } from './settings-rule.js';
import * as rules from './tenant-rules.js';

export const TenantIdField = () =>
  Field(
    rules.tenantIdRule,
    { type: 'string', pattern: TENANT_ID.source, maxLength: MAX_TENANT_ID },
    {
      required: true,
      description:
        'Of the form of a label of a host: it stands in place of the star in TENANT_HOSTS.',
      example: 'acme',
    },
  );

export const HOSTS_SCHEMA = {
  type: 'array',
  items: { type: 'string', maxLength: 253 },
  maxItems: rules.MAX_HOSTS,
  uniqueItems: true,
};

export const HostsField = () =>
  Field(
    rules.hostsRule,
    { title: 'Hosts', ...HOSTS_SCHEMA },
    {
      description:
        'Further hosts beside that of TENANT_HOSTS, in lower-case ASCII and without a port; no host ' +
        'is of two tenants. Replaces all that were there.',
      example: ['users.acme.example'],
    },
  );

const BY_TEMPLATE = 'null is what the template of the setting';

const URL_SCHEMA = {
  type: 'string',
  format: 'uri',
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
  maxLength: MAX_URL,
};

export const IssuerField = () =>
  Field(
    httpUrlRule,
    { title: 'Issuer', ...URL_SCHEMA },
    {
      clearedBy: [null],
      description: `Whose tokens are accepted, exactly as in \`iss\`; ${BY_TEMPLATE} AUTH_ISSUER gives.`,
      example: 'https://login.acme.example',
    },
  );

export const JwksUriField = () =>
  Field(
    httpUrlRule,
    { title: 'JwksUri', ...URL_SCHEMA },
    {
      clearedBy: [null],
      description:
        'Where its keys are. null is by OpenID Connect Discovery, or, beside an `issuer` that is null, as ' +
        'AUTH_JWKS_URI says.',
      example: 'https://login.acme.example/jwks',
    },
  );

const AUDIENCE_SCHEMA = {
  type: 'string',
  pattern: rules.AUDIENCE.source,
  maxLength: MAX_FOREIGN_ID,
};

const AudienceField = (kind: 'user' | 'management') =>
  Field(
    rules.audienceRule,
    { title: `${kind === 'user' ? 'User' : 'Management'}Audience`, ...AUDIENCE_SCHEMA },
    {
      clearedBy: [null],
      description: `The \`aud\` of ${kind} tokens; ${BY_TEMPLATE} AUTH_${kind.toUpperCase()}_AUDIENCE gives.`,
      example: `urn:acme:${kind}`,
    },
  );

export const UserAudienceField = () => AudienceField('user');
export const ManagementAudienceField = () => AudienceField('management');

export const SettingsField = () =>
  Field(settingsRule, SETTINGS_SCHEMA, {
    description:
      'What the tenant has of its own; what is left out is as the settings of the service say. ' +
      'Replaces the whole stored object; as a merge patch, it is merged in.',
    example: { selfServiceFields: { username: 'read-only' }, eventsRetentionDays: 365 },
  });

export const IsSuspendedField = () =>
  Field(
    booleanRule,
    { type: 'boolean' },
    {
      description: 'Whether every request of the tenant is 403, and its hooks wait, within 5 s.',
      example: false,
    },
  );
