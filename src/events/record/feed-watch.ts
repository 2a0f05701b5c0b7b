import type { DataSource } from 'typeorm';
import { queryAlone } from '../../database/current-transaction.js';
import type { TenantId } from '../../database/tenant.js';
import { selectEnds } from './sequence.statements.js';

/** Milliseconds between two looks for new events, while somebody waits for them. */
const POLL_MS = 50;

/** Looks for new events, in one statement for all tenants that somebody waits for. */
export class FeedWatch {
  private waiting = new Set<TenantId>();
  private looking: Promise<Map<TenantId, number | Promise<number>>> | undefined;

  /** @param advance numbers a tenant's events, and answers the last place */
  constructor(
    private readonly database: DataSource,
    private readonly advance: (tenantId: TenantId) => Promise<number>,
  ) {}

  /** The last place in the tenant's feed a moment from now, in the look that all share who wait. */
  async next(tenantId: TenantId): Promise<number> {
    this.waiting.add(tenantId);
    this.looking ??= new Promise((done) => setTimeout(done, POLL_MS)).then(() => this.look());
    return (await this.looking).get(tenantId) ?? 0;
  }

  private async look(): Promise<Map<TenantId, number | Promise<number>>> {
    const tenants = [...this.waiting];
    this.waiting = new Set();
    this.looking = undefined;
    const [first, ...others] = tenants;
    if (first && others.length === 0) return new Map([[first, await this.advance(first)]]);
    const ends = await queryAlone<{ tenantId: TenantId; last: string; isBehind: boolean }>(
      this.database,
      selectEnds(tenants),
    );
    const quiet = new Map(
      ends.filter(({ isBehind }) => !isBehind).map((e) => [e.tenantId, e.last]),
    );
    // One without an end has no feed yet, which begins when its events are first numbered.
    return new Map(
      tenants.map((id) => [id, quiet.has(id) ? Number(quiet.get(id)) : this.advance(id)]),
    );
  }
}
