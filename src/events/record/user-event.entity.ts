import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Actor } from '../../auth/origin.js';

/** What changed: where, and, if values are kept, from what to what. */
export interface Change {
  /** JSON Pointer (RFC 6901) into the user object. */
  pointer: string;
  /** Left out when there was none. */
  old?: unknown;
  /** Left out when there is none any more. */
  new?: unknown;
}

const KEY = { primaryKeyConstraintName: 'pk_user_events' };

/**
 * One committed change of a user: the schema. Written by the statement of the change itself; a
 * `Feed.Reset`, which has no user and as its version the last place before, by the numbering. A table for
 * each month, by `occurred_at`, which is in every key for that alone: docs/adr/0015.
 */
@Entity('user_events')
@Unique('uq_user_events_tenant_id_sequence_occurred_at', ['tenantId', 'sequence', 'occurredAt'])
// Partial, which TypeORM would write in another form.
@Index('ix_user_events_tenant_id_unsequenced', { synchronize: false })
export class UserEventEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, ...KEY })
  tenantId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 255, ...KEY })
  userId!: string;

  /** The version that the change gave the user. */
  @PrimaryColumn({ type: 'bigint', ...KEY })
  version!: string;

  @PrimaryColumn({ name: 'occurred_at', type: 'timestamptz', ...KEY })
  occurredAt!: Date;

  @Column({ type: 'uuid' })
  id!: string;

  /** Its place in the feed; null until it has one. */
  @Column({ type: 'bigint', nullable: true })
  sequence!: string | null;

  @Column({ type: 'varchar', length: 64 })
  type!: string;

  /** Null: the service itself. */
  @Column({ type: 'jsonb', nullable: true })
  actor!: Actor | null;

  @Column({ name: 'request_id', type: 'varchar', length: 64, nullable: true })
  requestId!: string | null;

  /** Of the request (W3C Trace Context); null where traces were off. */
  @Column({ type: 'varchar', length: 55, nullable: true })
  traceparent!: string | null;

  @Column({ type: 'jsonb' })
  changes!: Change[];
}
