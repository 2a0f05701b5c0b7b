import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { retryOnContention } from '../database/retry-on-contention.js';
import { TENANT } from '../database/tenant.js';
import { sequenceEvents } from './event.statements.js';

/** Events that one statement numbers at most. */
const BATCH = 1_000;

/** Milliseconds between two looks for new events, while somebody waits for them. */
const POLL_MS = 50;

/** Milliseconds between two looks while nobody does. */
const BACKGROUND_MS = 2_000;

/**
 * Numbers committed events. Every reader asks for it before it reads, so none depends on a
 * background process; concurrent calls of this process share one statement.
 */
@Injectable()
export class EventSequencer implements OnApplicationBootstrap, OnModuleDestroy {
  /** As far as this process knows. */
  private last = 0;
  private running: Promise<number> | undefined;
  private following: Promise<number> | undefined;
  private watching: Promise<number> | undefined;

  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
  ) {}

  /** Without readers, too, or the first one to come would have to wait for all there is. */
  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_WORK === 'off') return;
    this.timer = setInterval(() => {
      this.advance().catch(() => undefined);
    }, BACKGROUND_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

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

  /** Waits until the last place is no longer `last`, but not longer than this. */
  async moved(last: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (Date.now() < deadline && !signal.aborted) if ((await this.watch()) !== last) return;
  }

  /** One look for all who wait at the same time. */
  private watch(): Promise<number> {
    this.watching ??= new Promise((done) => setTimeout(done, POLL_MS))
      .then(() => this.advance())
      .finally(() => (this.watching = undefined));
    return this.watching;
  }

  private async number(): Promise<number> {
    const [sql, parameters] = sequenceEvents(TENANT, BATCH);
    for (;;) {
      const [row] = await retryOnContention(() =>
        this.database.query<{ last: string }[]>(sql, parameters),
      );
      const isFull = Number(row?.last) - this.last >= BATCH;
      this.last = Number(row?.last);
      if (!isFull) return this.last;
    }
  }
}
