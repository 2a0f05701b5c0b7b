import { isHostName } from '../config/host-name.js';
import { MAX_TENANT_ID, TENANT_ID } from '../config/tenant-template.js';
import { listFaults } from '../validation/list-rule.js';
import type { Rule } from '../validation/rule.js';
import { fault, MAX_FOREIGN_ID, text } from '../validation/rules.js';

export const MAX_HOSTS = 20;

export const tenantIdRule = text(MAX_TENANT_ID, (value) =>
  TENANT_ID.test(value)
    ? []
    : fault('invalid_format', 'must be letters a to z, digits and hyphens inside, as in a host'),
);

const hostRule = text(253, (value) =>
  isHostName(value)
    ? []
    : fault('invalid_format', 'must be a host in lower-case ASCII, without a port: a.example.com'),
);

/** Whatever order they are in. */
export const hostsRule: Rule = (value, context) =>
  listFaults(value, MAX_HOSTS, (item) => hostRule(item, context));

/** Visible ASCII, and no braces: here a place of a template would be none. */
export const AUDIENCE = /^[!-z|~]+$/;

export const audienceRule = text(MAX_FOREIGN_ID, (value) =>
  AUDIENCE.test(value)
    ? []
    : fault('invalid_format', 'must be visible ASCII characters without braces'),
);
