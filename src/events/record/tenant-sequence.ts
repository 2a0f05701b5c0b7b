import type { DataSource } from 'typeorm';
import { queryAlone } from '../../database/current-transaction.js';
import type { TenantId } from '../../database/tenant.js';
import { sequenceEvents } from './sequence.statements.js';

/** Events that one statement numbers at most. */
const BATCH = 1_000;

/** The numbers of one tenant's events. */
export class TenantSequence {
  /** As far as this process knows. */
  private last = 0;
  private running: Promise<number> | undefined;
  private following: Promise<number> | undefined;

  constructor(
    private readonly tenantId: TenantId,
    private readonly database: DataSource,
  ) {}

  /** The last place in the feed, after all events that were committed before this call have one. */
  advance(): Promise<number> {
    if (!this.running)
      return (this.running = this.number().finally(() => (this.running = undefined)));
    // The running statement may have begun before the caller's own commit: the next one has not.
    this.following ??= this.running
      .catch(() => 0)
      .then(() => {
        this.following = undefined;
        return this.advance();
      });
    return this.following;
  }

  private async number(): Promise<number> {
    for (;;) {
      const statement = sequenceEvents(this.tenantId, BATCH, this.last);
      const [row] = await queryAlone<{ last: string }>(this.database, statement);
      const isFull = Number(row?.last) - this.last >= BATCH;
      this.last = Number(row?.last);
      if (!isFull) return this.last;
    }
  }
}
