import { QueryFailedError } from 'typeorm';
import { violatedConstraint } from './violated-constraint.js';

/** Serialization failure and deadlock: PostgreSQL gave up this statement so that another could go on. */
const CONTENTION = new Set(['40001', '40P01']);
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

function isContention(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  // Two events of one version: the user was deleted and made again while this one was being made.
  if (violatedConstraint(error) === 'pk_user_events') return true;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && CONTENTION.has(code);
}
