import { Column, Entity, PrimaryColumn } from 'typeorm';

const KEY = { primaryKeyConstraintName: 'pk_hooks' };

/** A receiver of events: the schema. */
@Entity('hooks')
export class HookEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, ...KEY })
  tenantId!: string;

  @PrimaryColumn({ type: 'varchar', length: 12, ...KEY })
  id!: string;

  @Column({ type: 'varchar', length: 2048 })
  url!: string;

  /** [] = all. */
  @Column({ type: 'jsonb' })
  types!: string[];

  /** Sealed; null = none. */
  @Column({ type: 'text', nullable: true })
  headers!: string | null;

  /** Sealed. */
  @Column({ type: 'text' })
  secrets!: string;

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'exclude_client_ids', type: 'jsonb' })
  excludeClientIds!: string[];

  /** The place in the feed up to which deliveries are queued. */
  @Column({ name: 'last_sequence', type: 'bigint' })
  lastSequence!: string;

  /** Counts replays; each one's deliveries have its number. */
  @Column({ type: 'bigint', default: 0 })
  runs!: string;

  /** A replay went back in the feed: what is still queued is of no use. */
  @Column({ type: 'boolean', default: false })
  rewound!: boolean;

  @Column({ type: 'bigint', default: 1 })
  version!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
