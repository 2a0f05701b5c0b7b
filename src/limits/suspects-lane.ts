import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';

/** Milliseconds between two checks: a signature takes about one, so that a tenth of a core is theirs. */
const PACE_MS = 10;

/** A second of checks. */
const MAX_WAITING = 100;

/** Where tokens that nobody knows wait for their check, if they come from where many have failed. */
export class SuspectsLane {
  private readonly lane = pLimit(1);

  get isFull(): boolean {
    return this.lane.pendingCount >= MAX_WAITING;
  }

  /** @param isKnown whether it was checked meanwhile, for another request */
  async turn(isKnown: () => boolean): Promise<true> {
    await this.lane(() => (isKnown() ? undefined : sleep(PACE_MS)));
    return true;
  }
}
