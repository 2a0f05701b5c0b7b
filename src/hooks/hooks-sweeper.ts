import { Injectable } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import { TENANT } from '../database/tenant.js';
import { deleteOldDeliveries, glanceAtHooks, type HookGlance } from './dispatch.statements.js';
import type { HookQueue } from './hook-queue.js';

const EVERY_MS = 60_000;

/** Days that the log keeps what was delivered, and dead letters. */
export const KEPT_DAYS = 30;

/** Rows that are deleted at once. */
const BATCH = 10_000;

/** Deletes what nobody needs any more: queues of hooks that are no more, and old deliveries. */
@Injectable()
export class HooksSweeper {
  private next = 0;

  constructor(private readonly database: BackgroundDatabase) {}

  /** Does so if it is time. */
  async sweep(queue: HookQueue): Promise<void> {
    if (Date.now() < this.next) return;
    this.next = Date.now() + EVERY_MS;
    // The queues first: a hook is there before its queue is.
    const names = await queue.names();
    const hooks = await this.database.run<HookGlance>(glanceAtHooks(TENANT));
    const ids = new Set(hooks.map(({ id }) => id));
    for (const name of names) if (!ids.has(name)) await queue.delete(name);
    await this.database.run(deleteOldDeliveries(TENANT, KEPT_DAYS, BATCH));
  }
}
