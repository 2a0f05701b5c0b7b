import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far the events of a tenant are numbered; its row is the lock of the numbering. */
@Entity('user_event_sequences')
export class UserEventSequenceEntity {
  @PrimaryColumn({
    name: 'tenant_id',
    type: 'varchar',
    length: 128,
    primaryKeyConstraintName: 'pk_user_event_sequences',
  })
  tenantId!: string;

  /** The last number that was given. */
  @Column({ type: 'bigint', default: 0 })
  last!: string;

  /** The last number whose event retention has deleted. */
  @Column({ type: 'bigint', default: 0 })
  pruned!: string;

  /** The history of the database in which the last numbers were given; null where it cannot be told. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  epoch!: string | null;

  /** Whether the last numbers were with a standby before anybody saw them. */
  @Column({ name: 'is_synchronous', type: 'boolean', default: false })
  isSynchronous!: boolean;
}
