import { Column, Entity, PrimaryColumn } from 'typeorm';

const KEY = { primaryKeyConstraintName: 'pk_deleted_users' };

/**
 * What is kept of a user who was deleted, also when all events are gone: a user who is made again with
 * this id goes on behind this version, so that no `ETag` of before ever matches again.
 */
@Entity('deleted_users')
export class DeletedUserEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, ...KEY })
  tenantId!: string;

  @PrimaryColumn({ type: 'varchar', length: 255, ...KEY })
  id!: string;

  /** The last version that the id has had, that of its `User.Deleted`. */
  @Column({ type: 'bigint' })
  version!: string;
}
