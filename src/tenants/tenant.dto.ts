import { ApiProperty } from '@nestjs/swagger';
import { TENANT_ID } from '../config/tenant-template.js';
import type { TenantSettings } from '../tenancy/tenant-row.js';
import { SETTINGS_SCHEMA } from './settings-rule.js';
import { HOSTS_SCHEMA } from './tenant-fields.js';
import type { TenantRecord } from './tenant-record.js';

export const READ_ONLY_FIELDS = ['id', 'createdAt', 'updatedAt'];

const text = (description: string, example: string | null) =>
  ApiProperty({ type: String, nullable: true, description, example });

const time = () =>
  ApiProperty({
    type: Number,
    description: 'Milliseconds since the epoch.',
    example: 1_767_225_600_000,
  });

/** A tenant as every answer has it. */
export class TenantDto {
  @ApiProperty({ type: String, pattern: TENANT_ID.source, example: 'acme' })
  id!: string;

  @ApiProperty({ ...HOSTS_SCHEMA, description: 'Beside that of TENANT_HOSTS; sorted.' } as object)
  hosts!: string[];

  @text('null: by the template AUTH_ISSUER.', 'https://login.acme.example')
  issuer!: string | null;

  @text('null: by discovery, or by the template AUTH_JWKS_URI.', null)
  jwksUri!: string | null;

  @text('null: by the template AUTH_USER_AUDIENCE.', null)
  userAudience!: string | null;

  @text('null: by the template AUTH_MANAGEMENT_AUDIENCE.', null)
  managementAudience!: string | null;

  @ApiProperty({ ...SETTINGS_SCHEMA, selfRequired: true } as object)
  settings!: TenantSettings;

  @ApiProperty({ type: Boolean })
  isSuspended!: boolean;

  @time()
  createdAt!: number;

  @time()
  updatedAt!: number;
}

/** Row → answer. */
export function toTenantDto(tenant: TenantRecord): TenantDto {
  return {
    id: tenant.id,
    hosts: tenant.hosts,
    issuer: tenant.issuer,
    jwksUri: tenant.jwksUri,
    userAudience: tenant.userAudience,
    managementAudience: tenant.managementAudience,
    settings: tenant.settings,
    isSuspended: tenant.isSuspended,
    createdAt: tenant.createdAt.getTime(),
    updatedAt: tenant.updatedAt.getTime(),
  };
}
