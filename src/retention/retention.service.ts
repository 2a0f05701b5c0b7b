import { setTimeout as sleep } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { query } from '../database/current-transaction.js';
import type { Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { loggableError } from '../logging/loggable-error.js';
import { EventSequencer } from '../events/event-sequencer.js';
import { Tenants } from '../tenancy/tenants.js';
import { pruneEvents, pruneKeys, selectOldFeeds, selectOldKeys } from './retention.statements.js';

/** Rows that one statement deletes at most, and the pause behind it: nobody else waits for long. */
const BATCH = 1_000;
const PAUSE_MS = 50;

const INTERVAL_MS = 10 * 60_000;

/** Deletes what need not be kept any longer, in small batches, now and then. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(RetentionService.name);
  private readonly closing = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
    private readonly sequencer: EventSequencer,
    private readonly tenants: Tenants,
  ) {}

  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_WORK === 'off') return;
    const prune = () => {
      this.prune().catch((error: unknown) => this.log.warn(loggableError(error)));
    };
    this.timer = setInterval(prune, INTERVAL_MS).unref();
    prune();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.closing.abort();
  }

  /** Deletes all that is over by now. */
  async prune(batch = BATCH): Promise<void> {
    // Only what has its place in the feed can be deleted from its beginning.
    await this.sequencer.advanceAll();
    await this.each(selectOldFeeds(), async (tenantId) => {
      const tenant = await this.tenants.get(tenantId);
      const days = tenant?.retention.eventsDays ?? 0;
      if (days > 0) await this.drain(pruneEvents(tenantId, days, batch), batch);
    });
    await this.each(selectOldKeys(), (tenantId) => this.drain(pruneKeys(tenantId, batch), batch));
  }

  /** Of the tenants that this finds, one after the other: the trouble of one is not that of the next. */
  private async each(found: Statement, work: (tenantId: TenantId) => Promise<void>): Promise<void> {
    const rows = await query<{ tenantId: TenantId }>(this.database, found);
    for (const { tenantId } of rows)
      await work(tenantId).catch((error: unknown) => this.log.warn(loggableError(error)));
  }

  private async drain(statement: Statement, batch: number): Promise<void> {
    while (!this.closing.signal.aborted) {
      const [row] = await query<{ pruned: number }>(this.database, statement);
      if ((row?.pruned ?? 0) < batch) return;
      await sleep(PAUSE_MS);
    }
  }
}
