import type { Metrics, Sample } from '../../metrics/metrics.js';
import type { Unnumbered } from './sequence.statements.js';

/** How far the feeds of all tenants were behind, as the look that numbers their events found it. */
export class FeedLag {
  private last: { events: number; seconds: number; at: number } | undefined;

  constructor(metrics: Metrics) {
    const tell = (value: 'events' | 'seconds' | 'at') => (): Sample[] =>
      this.last ? [[this.last[value]]] : [];
    metrics.watch('nameplate_feed_unnumbered_events', tell('events'));
    metrics.watch('nameplate_feed_lag_seconds', tell('seconds'));
    metrics.watch('nameplate_feed_look_timestamp_seconds', tell('at'));
  }

  note(tenants: Unnumbered[]): void {
    this.last = {
      events: tenants.reduce((sum, { events }) => sum + events, 0),
      seconds: tenants.reduce((most, { age }) => Math.max(most, age), 0),
      at: Date.now() / 1_000,
    };
  }
}
