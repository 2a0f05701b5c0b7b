import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../database/current-transaction.js';
import type { Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { Tenants } from '../tenancy/tenants.js';
import { keptSince } from './kept-since.js';
import * as statements from './partition.statements.js';
import type { OldPartition } from './partition.statements.js';

/** The tables in which events are, one for each month: docs/adr/0015. */
@Injectable()
export class EventPartitions {
  private readonly log = new Logger('events');

  constructor(
    private readonly database: DataSource,
    private readonly tenants: Tenants,
  ) {}

  /** Makes those that are soon needed. */
  async make(): Promise<void> {
    const [row] = await this.run<{ missing: number }>(statements.makePartitions());
    if (row?.missing)
      this.log.warn(
        'user_events_default is too large to make partitions while others write: docs/scale.md',
      );
  }

  /** Drops those of which no tenant keeps anything, the oldest first. */
  async drop(): Promise<void> {
    for (const partition of await this.run<OldPartition>(statements.selectOldPartitions())) {
      const found = await this.run<{ tenantId: TenantId }>(statements.selectFeedsOf(partition));
      const tenants = found.map(({ tenantId }) => tenantId);
      if (!(await this.isOver(partition, tenants))) continue;
      const [row] = await this.run<{ dropped: boolean }>(
        statements.dropPartition(partition, tenants),
      );
      if (row?.dropped) this.log.log(`${partition.name} is dropped: it was over for all tenants`);
    }
  }

  private async isOver({ until, now }: OldPartition, tenants: TenantId[]): Promise<boolean> {
    const days = await Promise.all(
      tenants.map(async (id) => (await this.tenants.get(id))?.retention.eventsDays ?? 0),
    );
    return [...new Set(days)].every((kept) => until <= (keptSince(kept, now) ?? new Date(0)));
  }

  private run<Row>(statement: Statement): Promise<Row[]> {
    return query<Row>(this.database, statement);
  }
}
