import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

const KEY = { primaryKeyConstraintName: 'pk_hook_deliveries' };

/**
 * One event on its way to one hook: the schema. It names the event and repeats none of its values.
 * Without a foreign key: a hook is deleted at once, and its log bit by bit.
 */
@Entity('hook_deliveries')
@Check('ck_hook_deliveries_state', `state IN ('pending', 'delivered', 'dead')`)
// Partial, which TypeORM would write in another form.
@Index('ix_hook_deliveries_tenant_id_hook_id_unqueued', { synchronize: false })
@Index('ix_hook_deliveries_tenant_id_hook_id_pending', { synchronize: false })
@Index('ix_hook_deliveries_tenant_id_hook_id_state_sequence', [
  'tenantId',
  'hookId',
  'state',
  'sequence',
])
export class HookDeliveryEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, ...KEY })
  tenantId!: string;

  @PrimaryColumn({ name: 'hook_id', type: 'varchar', length: 12, ...KEY })
  hookId!: string;

  @PrimaryColumn({ type: 'bigint', ...KEY })
  sequence!: string;

  @Column({ name: 'event_id', type: 'uuid' })
  eventId!: string;

  @Column({ type: 'varchar', length: 64 })
  type!: string;

  @Column({ name: 'user_id', type: 'varchar', length: 255 })
  userId!: string;

  /** pending, delivered or dead. */
  @Column({ type: 'varchar', length: 16, default: 'pending' })
  state!: string;

  /** Whether a pending one has its job. */
  @Column({ type: 'boolean', default: true })
  queued!: boolean;

  /** The replay that it is part of; a job of an earlier one is of no use. */
  @Column({ type: 'bigint' })
  run!: string;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ name: 'status_code', type: 'integer', nullable: true })
  statusCode!: number | null;

  @Column({ type: 'varchar', length: 256, nullable: true })
  error!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
