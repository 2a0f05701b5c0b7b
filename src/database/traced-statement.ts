import { currentSpans } from '../tracing/current-spans.js';
import type { RecordedSpan } from '../tracing/recorded-span.js';
import { summaryOf } from './statement-summary.js';

/**
 * Runs SQL in a span, where requests that are traced wait for it: that of the first, with links to those that
 * share it. It tells what is done to which tables, and never a value.
 */
export function traced<Result>(sql: string, run: () => Promise<Result>): Promise<Result> {
  const [first, ...others] = currentSpans();
  return first ? tracedBelow(first, others, sql, run) : run();
}

async function tracedBelow<Result>(
  first: RecordedSpan,
  others: RecordedSpan[],
  sql: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const summary = summaryOf(sql);
  const span = first.child(
    summary,
    {
      'db.system.name': 'postgresql',
      'db.query.summary': summary,
      // Said where there is more than one (semantic conventions of databases).
      'db.operation.batch.size': others.length > 0 ? 1 + others.length : undefined,
    },
    others,
  );
  try {
    const result = await run();
    span.end();
    return result;
  } catch (error) {
    span.end({}, failureOf(error));
    throw error;
  }
}

/** SQLSTATE, or the name of what happened: a message may hold values. */
function failureOf(error: unknown): string {
  const { driverError, code, name } = error as {
    driverError?: { code?: string };
    code?: string;
    name?: string;
  };
  return driverError?.code ?? code ?? name ?? '_OTHER';
}
