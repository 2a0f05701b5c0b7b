import { Counter, Gauge, Registry } from 'prom-client';
import { type MetricName, METRICS } from './metric-list.js';
import type { Metrics } from './metrics.js';
import { watchProcess } from './process-metrics.js';
import { RequestDurations } from './request-durations.js';

/** Metrics as Prometheus reads them. */
export class Exposition {
  private readonly registry = new Registry();
  readonly durations = new RequestDurations(this.registry);

  constructor(private readonly metrics: Metrics) {
    watchProcess(this.registry);
    for (const name of Object.keys(METRICS) as MetricName[])
      if (METRICS[name].type !== 'histogram') this.add(name);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Rooms have the counts; the library asks for them at each scrape. */
  private add(name: MetricName): void {
    const { metrics } = this;
    const { type, help, labels } = METRICS[name];
    const Kind = type === 'counter' ? Counter : Gauge;
    new Kind({
      ...{ name, help, labelNames: labels, registers: [this.registry] },
      collect(this: Counter | Gauge) {
        this.reset();
        const samples = metrics.read(name);
        // Without labels, the library says 0 of what nobody knows.
        if (samples.length === 0) (this as unknown as { hashMap: object }).hashMap = {};
        for (const [value, of = {}] of samples) this.inc(of, value);
      },
    });
  }
}
