import { hash } from 'node:crypto';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import pLimit from 'p-limit';
import { DataSource } from 'typeorm';
import { withTimeout } from '../database/with-timeout.js';
import { Env } from '../config/env.js';
import type { Rate } from '../config/rate.js';
import { type CountStore, openCountStore } from './count-store.js';
import type { Window } from './windows.js';

/** Milliseconds after which others know of what was counted here. */
const SYNC_MS = 250;

/** Milliseconds that the store may take, and that it is left alone after it did not answer. */
const PATIENCE_MS = 500;
const PAUSE_MS = 2_000;

/** Keys that are written at a time: requests need the database, too. */
const PARALLEL = 4;

/** A key is shared once a part of its limit is used up here, a tenth of it: most never cost anything. */
const PART = 10;

interface Due {
  rate: Rate;
  window: Window;
}

/**
 * Adds what instances count to what others do, by LIMITS_STORE. Requests do not wait for that: they are
 * judged by what is known here. Without the store, each instance goes on by itself.
 */
@Injectable()
export class SharedCounts implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SharedCounts.name);
  private readonly due = new Map<string, Due>();
  private readonly limit = pLimit(PARALLEL);
  private store: CountStore | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isAway = false;
  private pausedUntil = 0;

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { LIMITS_STORE: place } = this.env;
    if (place !== 'memory') this.store = await openCountStore(place, this.database);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.store?.close();
    this.store = undefined;
  }

  /** Counts it here, and has it added to what others know soon. */
  count(key: string, rate: Rate, window: Window, by = 1): void {
    window.count += by;
    if (!this.store) return;
    window.unshared += by;
    if (!window.isShared && window.count * PART < rate.requests) return;
    window.isShared = true;
    this.due.set(key, { rate, window });
    this.timer ??= setTimeout(() => void this.addAll(), SYNC_MS).unref();
  }

  /** Adds it now, and learns what others have counted; for what costs more than that. */
  async refresh(key: string, rate: Rate, window: Window): Promise<void> {
    if (this.store) await this.add(this.store, key, { rate, window });
  }

  private async addAll(): Promise<void> {
    const { store } = this;
    this.timer = undefined;
    const due = [...this.due];
    this.due.clear();
    if (store)
      await Promise.all(due.map(([key, one]) => this.limit(() => this.add(store, key, one))));
  }

  private add(store: CountStore, key: string, due: Due): Promise<void> {
    const { window } = due;
    return (window.adding ??= this.exchange(store, key, due).finally(
      () => (window.adding = undefined),
    ));
  }

  private async exchange(store: CountStore, key: string, { rate, window }: Due): Promise<void> {
    if (Date.now() < this.pausedUntil) return;
    const { unshared } = window;
    window.unshared = 0;
    try {
      // Neither subjects nor addresses are anybody's business there.
      const name = hash('sha256', key, 'base64url');
      const adding = store.add(name, unshared, rate.seconds);
      const known = await withTimeout(PATIENCE_MS, adding);
      if (!known) throw new Error(`There was no answer in ${PATIENCE_MS} ms.`);
      window.count = known.count + window.unshared;
      window.resetsAt = known.resetsAt;
      this.tell(false);
    } catch (error) {
      window.unshared += unshared;
      this.pausedUntil = Date.now() + PAUSE_MS;
      this.tell(true, (error as Error).message);
    }
  }

  private tell(isAway: boolean, why = ''): void {
    if (isAway === this.isAway) return;
    this.isAway = isAway;
    this.logger.warn(
      isAway
        ? `LIMITS_STORE: it does not answer. Each instance counts by itself meanwhile. ${why}`
        : 'LIMITS_STORE: it answers again.',
    );
  }
}
