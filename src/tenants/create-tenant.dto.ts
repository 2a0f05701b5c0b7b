import type { TenantSettings } from '../tenancy/tenant-row.js';
import { ReadOnlyFields } from '../validation/read-only.js';
import {
  HostsField,
  IssuerField,
  IsSuspendedField,
  JwksUriField,
  ManagementAudienceField,
  SettingsField,
  TenantIdField,
  UserAudienceField,
} from './tenant-fields.js';
import type { TenantFields } from './tenant-record.js';
import { READ_ONLY_FIELDS } from './tenant.dto.js';

@ReadOnlyFields(READ_ONLY_FIELDS)
export class CreateTenantDto implements Partial<TenantFields> {
  @TenantIdField()
  id!: string;

  @HostsField()
  hosts?: string[];

  @IssuerField()
  issuer?: string | null;

  @JwksUriField()
  jwksUri?: string | null;

  @UserAudienceField()
  userAudience?: string | null;

  @ManagementAudienceField()
  managementAudience?: string | null;

  @SettingsField()
  settings?: TenantSettings;

  @IsSuspendedField()
  isSuspended?: boolean;
}
