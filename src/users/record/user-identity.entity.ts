import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { UserEntity } from './user.entity.js';

/** A user's account at a social identity provider, one per `target`. */
@Entity('user_identities')
@Unique('uq_user_identities_tenant_id_target_identity_id', ['tenantId', 'target', 'identityId'])
export class UserIdentityEntity {
  @PrimaryColumn({
    name: 'tenant_id',
    type: 'varchar',
    length: 128,
    primaryKeyConstraintName: 'pk_user_identities',
  })
  tenantId!: string;

  @PrimaryColumn({
    name: 'user_id',
    type: 'varchar',
    length: 255,
    primaryKeyConstraintName: 'pk_user_identities',
  })
  userId!: string;

  @PrimaryColumn({
    type: 'varchar',
    length: 128,
    primaryKeyConstraintName: 'pk_user_identities',
  })
  target!: string;

  /** The user's id at that provider. */
  @Column({ name: 'identity_id', type: 'varchar', length: 256 })
  identityId!: string;

  @Column({ type: 'jsonb', default: {} })
  details!: Record<string, unknown>;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn([
    {
      name: 'tenant_id',
      referencedColumnName: 'tenantId',
      foreignKeyConstraintName: 'fk_user_identities_tenant_id_user_id',
    },
    {
      name: 'user_id',
      referencedColumnName: 'id',
      foreignKeyConstraintName: 'fk_user_identities_tenant_id_user_id',
    },
  ])
  user?: UserEntity;
}
