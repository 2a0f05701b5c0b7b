import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const KEY = { primaryKeyConstraintName: 'pk_idempotency_keys' };

/** What was answered to a request that had an Idempotency-Key. */
@Entity('idempotency_keys')
@Index('ix_idempotency_keys_tenant_id_expires_at', ['tenantId', 'expiresAt'])
@Index('ix_idempotency_keys_tenant_id_user_id', ['tenantId', 'userId'])
export class IdempotencyKeyEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'varchar', length: 128, ...KEY })
  tenantId!: string;

  /** SHA-256 of the caller and the key. */
  @PrimaryColumn({ type: 'varchar', length: 64, ...KEY })
  id!: string;

  /** HMAC-SHA256 of the request under the key, which is not stored: a guess needs the key. */
  @Column({ type: 'varchar', length: 64 })
  fingerprint!: string;

  /** The user that the answer is about, if any. */
  @Column({ name: 'user_id', type: 'varchar', length: 255, nullable: true })
  userId!: string | null;

  /** The answer, sealed under the key; null in the transaction that makes it, and after the user was erased. */
  @Column({ type: 'text', nullable: true })
  answer!: string | null;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
