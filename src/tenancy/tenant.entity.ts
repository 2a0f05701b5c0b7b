import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { TenantSettings } from './tenant-row.js';

/** A tenant: the schema. Null is what the settings of the service say of every tenant. */
@Entity('tenants')
@Check('ck_tenants_id', `id ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'`)
@Check('ck_tenants_settings', `jsonb_typeof(settings) = 'object'`)
export class TenantEntity {
  @PrimaryColumn({ type: 'varchar', length: 63, primaryKeyConstraintName: 'pk_tenants' })
  id!: string;

  @Column({ type: 'varchar', length: 2048, nullable: true })
  issuer!: string | null;

  @Column({ name: 'jwks_uri', type: 'varchar', length: 2048, nullable: true })
  jwksUri!: string | null;

  @Column({ name: 'user_audience', type: 'varchar', length: 256, nullable: true })
  userAudience!: string | null;

  @Column({ name: 'management_audience', type: 'varchar', length: 256, nullable: true })
  managementAudience!: string | null;

  @Column({ type: 'jsonb', default: {} })
  settings!: TenantSettings;

  @Column({ name: 'is_suspended', type: 'boolean', default: false })
  isSuspended!: boolean;

  @Column({ type: 'bigint', default: 1 })
  version!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
