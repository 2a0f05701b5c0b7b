import { Histogram, type Registry } from 'prom-client';
import { METRICS } from './metric-list.js';

const NAME = 'http_server_request_duration_seconds';

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

interface Series {
  observe(seconds: number): void;
}

/** How long requests took, by route template, method and class of the status. */
export class RequestDurations {
  private readonly histogram;
  /** Route → method → class: to find a series costs less than to name it. */
  private readonly series = new Map<string, Map<string, Series[]>>();

  constructor(registry: Registry) {
    const { help, labels } = METRICS[NAME];
    this.histogram = new Histogram({
      ...{ name: NAME, help, labelNames: labels, buckets: BUCKETS, registers: [registry] },
    });
  }

  observe(method: string, route: string | undefined, status: number, ms: number): void {
    this.of(
      route ?? NO_ROUTE,
      METHODS.has(method) ? method : OTHER,
      Math.floor(status / 100),
    ).observe(ms / 1_000);
  }

  private of(route: string, method: string, statusClass: number): Series {
    const ofRoute = this.series.get(route) ?? new Map<string, Series[]>();
    const ofMethod = ofRoute.get(method) ?? [];
    this.series.set(route, ofRoute.set(method, ofMethod));
    return (ofMethod[statusClass] ??= this.histogram.labels({
      http_request_method: method,
      http_route: route,
      http_response_status_class: `${statusClass}xx`,
    }));
  }
}
