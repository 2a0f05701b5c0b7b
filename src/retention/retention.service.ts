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
import { EventSequencer } from '../events/record/event-sequencer.js';
import { Tenants } from '../tenancy/tenants.js';
import { EventPartitions } from './event-partitions.js';
import { keptSince } from './kept-since.js';
import {
  type OldFeed,
  pruneEvents,
  pruneKeys,
  selectOldFeeds,
  selectOldKeys,
} from './retention.statements.js';

/** Rows that one statement deletes at most, and the pause behind it: nobody else waits for long. */
const BATCH = 1_000;
const PAUSE_MS = 50;

const INTERVAL_MS = 10 * 60_000;

/** Deletes what need not be kept any longer: whole partitions, and else in small batches, now and then. */
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
    private readonly partitions: EventPartitions,
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
    await this.attempt(() => this.partitions.make());
    // Only what has its place in the feed can be deleted from its beginning.
    await this.sequencer.advanceAll();
    await this.attempt(() => this.partitions.drop());
    await this.each(
      await this.find<OldFeed>(selectOldFeeds()),
      async ({ tenantId, oldest, now }) => {
        const tenant = await this.tenants.get(tenantId);
        const since = keptSince(tenant?.retention.eventsDays ?? 0, now);
        if (since && oldest < since) await this.drain(pruneEvents(tenantId, since, batch), batch);
      },
    );
    await this.each(await this.find<{ tenantId: TenantId }>(selectOldKeys()), ({ tenantId }) =>
      this.drain(pruneKeys(tenantId, batch), batch),
    );
  }

  /** Of the tenants that this finds, one after the other: the trouble of one is not that of the next. */
  private async each<Found>(rows: Found[], work: (row: Found) => Promise<void>): Promise<void> {
    for (const row of rows) await this.attempt(() => work(row));
  }

  private find<Found>(statement: Statement): Promise<Found[]> {
    return query<Found>(this.database, statement);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.log.warn(loggableError(error)));
  }

  private async drain(statement: Statement, batch: number): Promise<void> {
    while (!this.closing.signal.aborted) {
      const [row] = await query<{ pruned: number }>(this.database, statement);
      if ((row?.pruned ?? 0) < batch) return;
      await sleep(PAUSE_MS);
    }
  }
}
