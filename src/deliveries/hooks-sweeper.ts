import { Injectable } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import type { Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { Tenants } from '../tenancy/tenants.js';
import { hookOf } from '../hooks/record/hook-key.js';
import type { HookQueue } from './hook-queue.js';
import { deleteLog, deleteOldDeliveries, selectOldLogs } from './sweep.statements.js';

const CLOCK_MS = 3_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type OnProblem = (problem: unknown) => void;

/** Rows that one statement deletes. */
const BATCH = 10_000;

/**
 * Puts away what nobody needs any more: times of a clock that was set back, workers that died, queues and
 * logs of hooks that are no more, and old deliveries.
 */
@Injectable()
export class HooksSweeper {
  private nextClock = 0;
  private nextHooks = 0;
  private nextLog = 0;

  constructor(
    private readonly tenants: Tenants,
    private readonly database: BackgroundDatabase,
  ) {}

  /**
   * Does so if it is time.
   *
   * @param onProblem is told what went wrong with one tenant or hook: that is no trouble of the next
   */
  async sweep(queue: HookQueue, onProblem: OnProblem): Promise<void> {
    const now = performance.now();
    if (now >= this.nextClock) {
      this.nextClock = now + CLOCK_MS;
      await queue.forgetFuture();
      await queue.replaceDead();
    }
    if (now >= this.nextHooks) {
      this.nextHooks = now + MINUTE_MS;
      await this.sweepHooks(queue, onProblem);
    }
    if (now >= this.nextLog) {
      this.nextLog = now + HOUR_MS;
      await this.sweepLog(onProblem);
    }
  }

  private async sweepHooks(queue: HookQueue, onProblem: OnProblem): Promise<void> {
    for (const name of await queue.orphans()) {
      const { tenantId, id } = hookOf(name);
      await this.inBatches(deleteLog(tenantId, id, BATCH))
        .then(() => queue.delete(name))
        .catch(onProblem);
    }
  }

  /** Of each tenant that has some which may be old, by its own rule. */
  private async sweepLog(onProblem: OnProblem): Promise<void> {
    const tenants = await this.database.run<{ tenantId: TenantId }>(selectOldLogs());
    for (const { tenantId } of tenants) {
      const tenant = await this.tenants.get(tenantId);
      if (!tenant) continue;
      const days = tenant.retention.deliveriesDays;
      await this.inBatches(deleteOldDeliveries(tenantId, days, BATCH)).catch(onProblem);
    }
  }

  private async inBatches([sql, parameters]: Statement): Promise<void> {
    for (;;) {
      const { rowCount } = await this.database.executeSql(sql, parameters);
      if ((rowCount ?? 0) < BATCH) return;
    }
  }
}
