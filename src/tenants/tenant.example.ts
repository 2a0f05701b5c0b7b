import type { TenantDto } from './tenant.dto.js';

const TIME = 1_767_225_600_000;

export const TENANT_FIELDS_EXAMPLE = {
  hosts: ['users.acme.example'],
  issuer: 'https://login.acme.example',
  jwksUri: null,
  userAudience: null,
  managementAudience: null,
  settings: { selfServiceFields: { username: 'read-only' }, eventsRetentionDays: 365 },
  isSuspended: false,
} satisfies Partial<TenantDto>;

export const TENANT_EXAMPLE = {
  id: 'acme',
  ...TENANT_FIELDS_EXAMPLE,
  createdAt: TIME,
  updatedAt: TIME,
} satisfies TenantDto;
