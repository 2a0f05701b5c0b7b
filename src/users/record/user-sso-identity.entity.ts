import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { UserEntity } from './user.entity.js';

/** A user's account at an enterprise identity provider, reached through an SSO connector. */
@Entity('user_sso_identities')
@Unique('uq_user_sso_identities_tenant_id_issuer_identity_id', ['tenantId', 'issuer', 'identityId'])
@Unique('uq_user_sso_identities_tenant_id_user_id_sso_connector_id', [
  'tenantId',
  'userId',
  'ssoConnectorId',
])
export class UserSsoIdentityEntity {
  @PrimaryColumn({
    name: 'tenant_id',
    type: 'varchar',
    length: 128,
    primaryKeyConstraintName: 'pk_user_sso_identities',
  })
  tenantId!: string;

  @PrimaryColumn({
    type: 'varchar',
    length: 128,
    primaryKeyConstraintName: 'pk_user_sso_identities',
  })
  id!: string;

  @Column({ name: 'user_id', type: 'varchar', length: 255 })
  userId!: string;

  @Column({ type: 'varchar', length: 256 })
  issuer!: string;

  /** The user's id at that provider. */
  @Column({ name: 'identity_id', type: 'varchar', length: 256 })
  identityId!: string;

  @Column({ type: 'jsonb', default: {} })
  detail!: Record<string, unknown>;

  @Column({ name: 'sso_connector_id', type: 'varchar', length: 128 })
  ssoConnectorId!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn([
    {
      name: 'tenant_id',
      referencedColumnName: 'tenantId',
      foreignKeyConstraintName: 'fk_user_sso_identities_tenant_id_user_id',
    },
    {
      name: 'user_id',
      referencedColumnName: 'id',
      foreignKeyConstraintName: 'fk_user_sso_identities_tenant_id_user_id',
    },
  ])
  user?: UserEntity;
}
