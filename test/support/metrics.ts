import { readFileSync } from 'node:fs';
import { METRICS } from '../../src/metrics/metric-list.js';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What a text in the format of Prometheus holds. */
export function samplesOf(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)];
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, label, of]) => [label, of] as [string, string])),
        value: Number(value),
      };
    });
}

const HISTOGRAMS = Object.entries(METRICS)
  .filter(([, { type }]) => type === 'histogram')
  .map(([name]) => name);

/** The metric that a sample belongs to: those of a histogram have endings. */
export function metricOf(name: string): string {
  const whole = name.replace(/_(bucket|sum|count)$/, '');
  return HISTOGRAMS.includes(whole) ? whole : name;
}

/** The metrics of docs/metrics.md, with their labels. */
export function documentedMetrics(): Record<string, string[]> {
  const rows = readFileSync('docs/metrics.md', 'utf8').matchAll(
    /^\| `([a-z_0-9]+)` +\| (?:counter|gauge|histogram) +\|([^|]*)\|/gm,
  );
  const names = [...rows].map(([, name = '', labels = '']): [string, string[]] => [
    name,
    labels.match(/[a-z_]+/g) ?? [],
  ]);
  return Object.fromEntries(names);
}
