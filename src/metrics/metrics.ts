import type { Env } from '../config/env.js';
import type { Exposition } from './exposition.js';
import type { MetricName } from './metric-list.js';

/** Where they are, on whatever port. */
export const METRICS_PATH = '/metrics';

/** `Content-Type` of the text format of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A value, and the labels that tell it from the others of its metric. */
export type Sample = readonly [value: number, labels?: Record<string, string>];

/** What a room counts anyhow, read when somebody asks. No samples: it does not know yet. */
type Read = () => readonly Sample[];

/** The metrics of one service. Rooms say what they have; without a reader, nothing is done with it. */
export class Metrics {
  private readonly sources = new Map<MetricName, Read[]>();
  private exposition: Exposition | undefined;

  /** Where they are off, the library is not even loaded. */
  static async create({ metricsAccess }: Pick<Env, 'metricsAccess'>): Promise<Metrics> {
    const metrics = new Metrics();
    if (metricsAccess === 'off') return metrics;
    const { Exposition } = await import('./exposition.js');
    metrics.exposition = new Exposition(metrics);
    return metrics;
  }

  /** Whether anybody can read them: what costs a question to the database is not asked for nobody. */
  get areRead(): boolean {
    return this.exposition !== undefined;
  }

  /** @param read several of one metric tell different samples of it */
  watch(name: MetricName, read: Read): void {
    this.sources.set(name, [...(this.sources.get(name) ?? []), read]);
  }

  read(name: MetricName): Sample[] {
    return (this.sources.get(name) ?? []).flatMap((read) => read());
  }

  /** @param route the template, or undefined where there is none; @param ms milliseconds it took */
  answered(method: string, route: string | undefined, status: number, ms: number): void {
    this.exposition?.durations.answered(method, route, status, ms);
  }

  /** The text format of Prometheus; undefined where metrics are off. */
  text(): Promise<string> | undefined {
    return this.exposition?.text();
  }
}
