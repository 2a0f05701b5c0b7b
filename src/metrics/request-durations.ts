import { Histogram, type Registry } from 'prom-client';
import { METRICS } from './metric-list.js';

const NAME = 'http_server_request_duration_seconds';
const { help: HELP, labels: LABELS } = METRICS[NAME];

/** Those that OpenTelemetry advises, and below them, where most answers are. */
const BUCKETS = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075],
  ...[0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
];

/** All others are one, as OpenTelemetry has it: anybody can send any. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER = '_OTHER';

/** What has no route, whatever its path. */
const NO_ROUTE = 'unknown';

/** Answers of one route, method and class. */
class Series {
  /** By the first bucket that they fit in; the last is of those that fit in none. */
  private readonly counts = new Array<number>(BUCKETS.length + 1).fill(0);
  private sum = 0;

  constructor(private readonly labels: Record<string, string>) {}

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += seconds;
  }

  /** As the library has them: a bucket counts all that are below it. */
  values() {
    const { labels } = this;
    let value = 0;
    const buckets = this.counts.map((count, bucket) => {
      value += count;
      const le = BUCKETS[bucket] ?? '+Inf';
      return { metricName: `${NAME}_bucket`, value, labels: { ...labels, le } };
    });
    return [
      ...buckets,
      { metricName: `${NAME}_sum`, value: this.sum, labels },
      { metricName: `${NAME}_count`, value, labels },
    ];
  }
}

/**
 * How long requests took, by route template, method and class of the status. The library's own histogram names
 * a series anew for each request, which takes 2 µs; here one that is known is found.
 */
export class RequestDurations extends Histogram {
  /** Route → method → class. */
  private readonly series = new Map<string, Map<string, Series[]>>();

  constructor(registry: Registry) {
    super({ name: NAME, help: HELP, labelNames: LABELS, buckets: BUCKETS, registers: [registry] });
  }

  answered(method: string, route: string | undefined, status: number, ms: number): void {
    const known = METHODS.has(method) ? method : OTHER;
    this.seriesOf(route ?? NO_ROUTE, known, Math.floor(status / 100)).observe(ms / 1_000);
  }

  /** What the registry writes. */
  getForPromString() {
    const all = [...this.series.values()].flatMap((ofRoute) => [...ofRoute.values()].flat());
    const values = all.flatMap((series) => series.values());
    return Promise.resolve({ name: NAME, help: HELP, type: 'histogram', values });
  }

  private seriesOf(route: string, method: string, statusClass: number): Series {
    const ofRoute = this.series.get(route) ?? new Map<string, Series[]>();
    const ofMethod = ofRoute.get(method) ?? [];
    this.series.set(route, ofRoute.set(method, ofMethod));
    return (ofMethod[statusClass] ??= new Series({
      http_request_method: method,
      http_route: route,
      http_response_status_class: `${statusClass}xx`,
    }));
  }
}
