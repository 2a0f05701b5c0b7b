import { Injectable } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import { Metrics, type Sample } from '../metrics/metrics.js';
import { type Outstanding, selectOutstanding } from './outstanding.statements.js';

/** Milliseconds between two looks, and how many times as long as one takes, if that is more. */
const INTERVAL_MS = 15_000;
const REST = 100;

/** What is to be delivered, and what was given up: one question for all tenants, now and then. */
@Injectable()
export class OutstandingDeliveries {
  private last: (Outstanding & { at: number }) | undefined;
  private nextLook = 0;

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly metrics: Metrics,
  ) {
    const tell = (samples: (found: Outstanding & { at: number }) => Sample[]) => () =>
      this.last ? samples(this.last) : [];
    metrics.watch(
      'nameplate_deliveries',
      tell(({ pending, dead }) => [
        [pending, { state: 'pending' }],
        [dead, { state: 'dead' }],
      ]),
    );
    metrics.watch(
      'nameplate_delivery_oldest_pending_seconds',
      tell(({ age }) => [[age]]),
    );
    metrics.watch(
      'nameplate_deliveries_look_timestamp_seconds',
      tell(({ at }) => [[at]]),
    );
  }

  /** Looks if it is time, and somebody reads it. */
  async look(): Promise<void> {
    const since = performance.now();
    if (!this.metrics.areRead || since < this.nextLook) return;
    this.nextLook = since + INTERVAL_MS;
    const [found] = await this.database.run<Outstanding>(selectOutstanding());
    if (found) this.last = { ...found, at: Date.now() / 1_000 };
    this.nextLook = Math.max(this.nextLook, since + REST * (performance.now() - since));
  }
}
