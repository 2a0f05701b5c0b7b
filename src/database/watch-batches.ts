import type { Metrics } from '../metrics/metrics.js';
import type { BatchCounts } from './batch.js';

/** Tells how many statements there were of each kind, and how many requests shared them. */
export function watchBatches(metrics: Metrics, kinds: Record<string, BatchCounts>): void {
  for (const [kind, counts] of Object.entries(kinds)) {
    metrics.watch('nameplate_statement_batches_total', () => [[counts.runs, { kind }]]);
    metrics.watch('nameplate_statement_batch_requests_total', () => [[counts.items, { kind }]]);
  }
}
