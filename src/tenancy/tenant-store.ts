import type { DataSource } from 'typeorm';
import { Batch } from '../database/batch.js';
import { query, queryAlone } from '../database/current-transaction.js';
import type { Statement } from '../database/statement.js';
import type { TenantRow } from './tenant-row.js';
import * as statements from './tenant.statements.js';

/** Keys that one statement asks for, and statements at a time: requests of known tenants go first. */
const SHARED = { size: 200, parallel: 2 };

type Found = TenantRow & { key: string };

/** Reads tenants; those who ask in the same turn of the event loop share one statement. */
export class TenantStore {
  private readonly byId: Batch<string, TenantRow | undefined>;
  private readonly byHost: Batch<string, TenantRow | undefined>;

  constructor(private readonly database: DataSource) {
    this.byId = this.shared(statements.selectTenants);
    this.byHost = this.shared(statements.selectTenantsOfHosts);
  }

  find(id: string): Promise<TenantRow | undefined> {
    return this.byId.add(id);
  }

  findByHost(host: string): Promise<TenantRow | undefined> {
    return this.byHost.add(host);
  }

  /** Any two that would accept the same tokens. */
  async sameTokens(templates: statements.TokenTemplates) {
    const statement = statements.selectSameTokens(templates);
    const [same] = await query<statements.SameTokens>(this.database, statement);
    return same;
  }

  private shared(select: (keys: string[]) => Statement) {
    return new Batch<string, TenantRow | undefined>(async (keys) => {
      const rows = await queryAlone<Found>(this.database, select(keys));
      const found = new Map(rows.map(({ key, ...row }) => [key, row]));
      return keys.map((key) => found.get(key));
    }, SHARED);
  }
}
