import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Batch, BatchCounts } from '../../database/batch.js';
import { queryAlone } from '../../database/current-transaction.js';
import { PerTenant } from '../../database/per-tenant.js';
import { watchBatches } from '../../database/watch-batches.js';
import type { TenantId } from '../../database/tenant.js';
import { Metrics } from '../../metrics/metrics.js';
import type { UserRow } from './user-row.js';
import { selectUsersById } from './user.statements.js';

/** Ids that share a statement at most, and statements at the same time. */
const SIZE = 64;
const PARALLEL = 4;

/** Reads users by id; those that are asked for at the same time share a statement. */
@Injectable()
export class UserReads {
  private readonly counts = new BatchCounts();
  private readonly batches = new PerTenant(
    (tenantId) =>
      new Batch((ids: string[]) => this.select(tenantId, ids), {
        ...{ size: SIZE, parallel: PARALLEL, counts: this.counts },
      }),
  );

  constructor(
    private readonly database: DataSource,
    metrics: Metrics,
  ) {
    watchBatches(metrics, { read: this.counts });
  }

  /** Undefined when there is no such user. It sees everything that was committed before the call. */
  find(tenantId: TenantId, id: string): Promise<UserRow | undefined> {
    return this.batches.of(tenantId).add(id);
  }

  private async select(tenantId: TenantId, ids: string[]): Promise<(UserRow | undefined)[]> {
    const rows = await queryAlone<UserRow>(this.database, selectUsersById(tenantId, ids));
    const users = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => users.get(id));
  }
}
