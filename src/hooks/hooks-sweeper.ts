import { Injectable } from '@nestjs/common';
import { Env } from '../config/env.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { TENANT } from '../database/tenant.js';
import type { Statement } from '../database/statement.js';
import {
  deleteLog,
  deleteOldDeliveries,
  glanceAtHooks,
  type HookGlance,
} from './dispatch.statements.js';
import type { HookQueue } from './hook-queue.js';

const CLOCK_MS = 3_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Rows that one statement deletes. */
const BATCH = 10_000;

/**
 * Puts away what nobody needs any more: times of a clock that was set back, queues and logs of hooks
 * that are no more, and old deliveries.
 */
@Injectable()
export class HooksSweeper {
  private nextClock = 0;
  private nextHooks = 0;
  private nextLog = 0;

  constructor(
    private readonly env: Env,
    private readonly database: BackgroundDatabase,
  ) {}

  /** Does so if it is time. */
  async sweep(queue: HookQueue): Promise<void> {
    const now = performance.now();
    if (now >= this.nextClock) {
      this.nextClock = now + CLOCK_MS;
      await queue.forgetFuture();
    }
    if (now >= this.nextHooks) {
      this.nextHooks = now + MINUTE_MS;
      await this.sweepHooks(queue);
    }
    if (now >= this.nextLog) {
      this.nextLog = now + HOUR_MS;
      await this.inBatches(deleteOldDeliveries(TENANT, this.env.DELIVERIES_RETENTION_DAYS, BATCH));
    }
  }

  private async sweepHooks(queue: HookQueue): Promise<void> {
    // The queues first: a hook is there before its queue is, and its queue before its log.
    const names = await queue.names();
    const hooks = await this.database.run<HookGlance>(glanceAtHooks(TENANT));
    const ids = new Set(hooks.map(({ id }) => id));
    for (const name of names) {
      if (ids.has(name)) continue;
      await this.inBatches(deleteLog(TENANT, name, BATCH));
      await queue.delete(name);
    }
  }

  private async inBatches([sql, parameters]: Statement): Promise<void> {
    for (;;) {
      const { rowCount } = await this.database.executeSql(sql, parameters);
      if ((rowCount ?? 0) < BATCH) return;
    }
  }
}
