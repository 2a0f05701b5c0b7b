import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../../config/env.js';
import { queryAlone } from '../../database/current-transaction.js';
import { PerTenant } from '../../database/per-tenant.js';
import { Metrics } from '../../metrics/metrics.js';
import type { TenantId } from '../../database/tenant.js';
import { loggableError } from '../../logging/loggable-error.js';
import { selectUnnumbered, type Unnumbered } from './sequence.statements.js';
import { FeedLag } from './feed-lag.js';
import { FeedWatch } from './feed-watch.js';
import { TenantSequence } from './tenant-sequence.js';

/** Milliseconds between two looks for events without a number. */
const BACKGROUND_MS = 2_000;

/**
 * Numbers committed events. Every reader asks for it before it reads, so none depends on a
 * background process; concurrent calls of this process share one statement.
 */
@Injectable()
export class EventSequencer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('events');
  private readonly sequences: PerTenant<TenantSequence>;
  private readonly watch: FeedWatch;
  private readonly lag: FeedLag;
  private readonly closing = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
    metrics: Metrics,
  ) {
    this.lag = new FeedLag(metrics);
    this.sequences = new PerTenant((tenantId) => new TenantSequence(tenantId, database));
    this.watch = new FeedWatch(database, (tenantId) => this.advance(tenantId));
  }

  /** Without readers, too, or the first one to come would have to wait for all there is. */
  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_WORK === 'on') this.plan();
  }

  onModuleDestroy(): void {
    this.closing.abort();
    clearTimeout(this.timer);
  }

  /** The last place in the feed, after all events that were committed before this call have one. */
  advance(tenantId: TenantId): Promise<number> {
    return this.sequences.of(tenantId).advance();
  }

  /** The last place in the feed a moment from now. */
  next(tenantId: TenantId): Promise<number> {
    return this.watch.next(tenantId);
  }

  /** One look at all tenants, and then at those that have something to number, one after the other. */
  private plan(): void {
    this.timer = setTimeout(() => {
      this.advanceAll()
        .catch((error: unknown) => this.log.debug(loggableError(error)))
        .finally(() => !this.closing.signal.aborted && this.plan());
    }, BACKGROUND_MS).unref();
  }

  /** Numbers what there is, of all tenants. */
  async advanceAll(): Promise<void> {
    const tenants = await queryAlone<Unnumbered>(this.database, selectUnnumbered());
    this.lag.note(tenants);
    for (const { tenantId } of tenants) {
      if (this.closing.signal.aborted) return;
      // The trouble of one tenant is not that of the next.
      await this.advance(tenantId).catch((error: unknown) => this.log.debug(loggableError(error)));
    }
  }
}
