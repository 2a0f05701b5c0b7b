import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * A user record: the schema. Rows are read and written by the statements of `user.statements.ts`.
 * Each `…Key` is the normalised form that decides uniqueness; its neighbour keeps what was given.
 */
@Entity('users')
@Unique('uq_users_tenant_id_username_key', ['tenantId', 'usernameKey'])
@Unique('uq_users_tenant_id_primary_email_key', ['tenantId', 'primaryEmailKey'])
@Unique('uq_users_tenant_id_primary_phone', ['tenantId', 'primaryPhone'])
// Made by a migration, with operator classes and expressions that TypeORM does not know.
@Index('ix_users_tenant_id_text', { synchronize: false })
@Index('ix_users_tenant_id_custom_data', { synchronize: false })
@Index('ix_users_tenant_id_suspended', { synchronize: false })
@Index('ix_users_tenant_id_lower_name', { synchronize: false })
@Index('ix_users_tenant_id_created_at_id', ['tenantId', 'createdAt', 'id'])
@Check('ck_users_username_key', '(username IS NULL) = (username_key IS NULL)')
@Check('ck_users_primary_email_key', '(primary_email IS NULL) = (primary_email_key IS NULL)')
@Check('ck_users_custom_data', "jsonb_typeof(custom_data) = 'object'")
@Check('ck_users_profile', "jsonb_typeof(profile) = 'object'")
export class UserEntity {
  @PrimaryColumn({
    name: 'tenant_id',
    type: 'varchar',
    length: 128,
    primaryKeyConstraintName: 'pk_users',
  })
  tenantId!: string;

  @PrimaryColumn({ type: 'varchar', length: 255, primaryKeyConstraintName: 'pk_users' })
  id!: string;

  @Column({ type: 'varchar', length: 128, nullable: true })
  username!: string | null;

  @Column({ name: 'username_key', type: 'varchar', length: 128, nullable: true })
  usernameKey!: string | null;

  @Column({ name: 'primary_email', type: 'varchar', length: 128, nullable: true })
  primaryEmail!: string | null;

  @Column({ name: 'primary_email_key', type: 'varchar', length: 256, nullable: true })
  primaryEmailKey!: string | null;

  /** Whether nobody has proven that it is the user's: who does gets it. Never answered. */
  @Column({ name: 'primary_email_assumed', type: 'boolean', default: false })
  primaryEmailAssumed!: boolean;

  /** E.164 without the plus sign. */
  @Column({ name: 'primary_phone', type: 'varchar', length: 32, nullable: true })
  primaryPhone!: string | null;

  @Column({ name: 'primary_phone_assumed', type: 'boolean', default: false })
  primaryPhoneAssumed!: boolean;

  @Column({ type: 'varchar', length: 128, nullable: true })
  name!: string | null;

  @Column({ type: 'varchar', length: 2048, nullable: true })
  avatar!: string | null;

  @Column({ name: 'custom_data', type: 'jsonb', default: {} })
  customData!: Record<string, unknown>;

  @Column({ type: 'jsonb', default: {} })
  profile!: Record<string, unknown>;

  @Column({ name: 'last_sign_in_at', type: 'timestamptz', precision: 3, nullable: true })
  lastSignInAt!: Date | null;

  @Column({ name: 'application_id', type: 'varchar', length: 128, nullable: true })
  applicationId!: string | null;

  @Column({ name: 'is_suspended', type: 'boolean', default: false })
  isSuspended!: boolean;

  @Column({ name: 'password_digest', type: 'varchar', length: 1024, nullable: true })
  passwordDigest!: string | null;

  @Column({ name: 'password_algorithm', type: 'varchar', length: 32, nullable: true })
  passwordAlgorithm!: string | null;

  /** Raised by every write that changes something; the `ETag`. */
  @Column({ type: 'bigint', default: 1 })
  version!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
