import { WEIGHT } from './event-loop-use.js';

export interface Waiter {
  since: number;
  begin: () => void;
  refuse: (reason: Error) => void;
}

export interface Caller {
  running: number;
  /** In how many of the last looks it was there: 0 to 1. */
  presence: number;
  /** By `performance.now()`, until when it has had its share. */
  paidUntil: number;
  waiting: Waiter[];
}

/** Who is there, as far as looks tell. */
export class Callers {
  private readonly all = new Map<string, Caller>();
  /** Of all together. */
  private presence = 0;

  of(key: string): Caller {
    return this.all.get(key) ?? this.welcome(key);
  }

  /** How many others there are, each by the part of the last looks in which it was there. */
  besides({ presence }: Caller): number {
    return this.presence - presence;
  }

  look(now: number): void {
    this.presence = 0;
    for (const [key, caller] of this.all) {
      const isThere = caller.running > 0 || caller.waiting.length > 0;
      caller.presence += WEIGHT * (Number(isThere) - caller.presence);
      this.presence += caller.presence;
      const isKnown = isThere || caller.presence > 0.01 || caller.paidUntil > now;
      if (!isKnown) this.all.delete(key);
    }
  }

  private welcome(key: string): Caller {
    const caller = { running: 0, presence: 0, paidUntil: 0, waiting: [] };
    this.all.set(key, caller);
    return caller;
  }
}
