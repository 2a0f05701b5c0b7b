import { ReadOnlyFields } from '../validation/read-only.js';
import {
  HostsField,
  IssuerField,
  IsSuspendedField,
  JwksUriField,
  ManagementAudienceField,
  SettingsField,
  UserAudienceField,
} from './tenant-fields.js';
import type { TenantPatch } from './tenant-record.js';
import { READ_ONLY_FIELDS } from './tenant.dto.js';

@ReadOnlyFields(READ_ONLY_FIELDS)
export class UpdateTenantDto implements TenantPatch {
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
  settings?: TenantPatch['settings'];

  @IsSuspendedField()
  isSuspended?: boolean;
}
