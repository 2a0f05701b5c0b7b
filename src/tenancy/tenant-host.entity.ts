import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { TenantEntity } from './tenant.entity.js';

/** A host that is a tenant's: no host is of two. */
@Entity('tenant_hosts')
@Index('ix_tenant_hosts_tenant_id', ['tenantId'])
export class TenantHostEntity {
  /** In its normal form: lower-case ASCII, no port, no dot at the end. */
  @PrimaryColumn({ type: 'varchar', length: 253, primaryKeyConstraintName: 'pk_tenant_hosts' })
  host!: string;

  @Column({ name: 'tenant_id', type: 'varchar', length: 63 })
  tenantId!: string;

  @ManyToOne(() => TenantEntity, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'tenant_id',
    referencedColumnName: 'id',
    foreignKeyConstraintName: 'fk_tenant_hosts_tenant_id',
  })
  tenant?: TenantEntity;
}
