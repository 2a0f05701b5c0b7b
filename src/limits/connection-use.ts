import { WEIGHT, degree } from './event-loop-use.js';

/** The part of the connections to PostgreSQL in use up to which it has time, and from which on it is busy. */
const AT_EASE = 0.1;
const BUSY = 0.3;

/** How busy PostgreSQL is with what the service asks it. */
export class ConnectionUse {
  private used = 0;

  /** @param usedNow the part of the connections that is in use, 0 to 1 */
  constructor(private readonly usedNow: () => number) {}

  /** From 0, at ease, to 1, busy. */
  get load(): number {
    return degree(this.used, AT_EASE, BUSY);
  }

  look(): void {
    this.used += WEIGHT * (this.usedNow() - this.used);
  }
}
