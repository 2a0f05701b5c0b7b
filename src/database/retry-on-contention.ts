import { QueryFailedError } from 'typeorm';
import { REFUSALS } from './prepared-query.js';

/**
 * Serialization failure and deadlock: PostgreSQL gave up this statement so that another could go on. And a
 * prepared statement that a pooler does not know, in a transaction: the next one has none.
 */
const CONTENTION = new Set(['40001', '40P01', ...REFUSALS]);
const ATTEMPTS = 4;

/** Runs a single statement again when it lost against another writer and has had no effect. */
export async function retryOnContention<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || !isContention(error)) throw error;
    }
  }
}

/** Whether a statement lost against another writer, and has had no effect. */
export function isContention(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && CONTENTION.has(code);
}
