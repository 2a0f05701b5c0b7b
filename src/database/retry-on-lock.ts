import { setTimeout as sleep } from 'node:timers/promises';
import { isLockNotAvailable } from './lock-not-available.js';

const ATTEMPTS = 60;
/** Milliseconds in which those who had to stand behind it go first. */
const PAUSE_MS = 1_000;

/**
 * Asks again for a lock that was not free: who waits for one holds up all who come after, so a migration waits
 * only as long as MIGRATION_LIMITS says, and lets them pass.
 *
 * @param steps does what is left to do, in transactions of which none was done by half
 * @throws QueryFailedError (55P03) when it was never free
 */
export async function retryOnLock(steps: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1)
    try {
      await steps();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !isLockNotAvailable(error)) throw error;
      await sleep(PAUSE_MS);
    }
}
