import { AsyncLocalStorage } from 'node:async_hooks';
import type { RecordedSpan } from './recorded-span.js';

/** What is done now is done for these: one request, or those that share a statement. */
const current = new AsyncLocalStorage<readonly RecordedSpan[]>();

const NONE: readonly RecordedSpan[] = [];

/** Those for which something is done now. What goes on after them is not theirs. */
export const currentSpans = (): readonly RecordedSpan[] =>
  current.getStore()?.filter((span) => !span.hasEnded) ?? NONE;

/** Does it for these and no others; where nobody is traced, that is no work. */
export function forSpans<Result>(spans: readonly RecordedSpan[], work: () => Result): Result {
  if (spans.length === 0 && current.getStore() === undefined) return work();
  return current.run(spans, work);
}
