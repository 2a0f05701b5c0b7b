import { WaitedTooLong } from './batch.js';
import { Turns } from './turns.js';

export interface LaneOptions {
  /** Works at the same time. */
  atATime: number;
  /** Works of one tenant that wait for that, at most. */
  most: number;
  /** Milliseconds that one waits at most. */
  patience: number;
  /** For so many times as long as a work took, its place stays empty after it; 0 if left out. */
  rest?: number;
  /** Milliseconds that a work may take without a rest after it; 0 if left out. */
  quick?: number;
}

/**
 * Lets so many works through at a time, so that what is slow has its own connections and not those of all.
 * Tenants come by turns.
 */
export class Lane {
  private readonly turns: Turns;
  private readonly rest: number;
  private readonly quick: number;

  constructor({ atATime, most, patience, rest = 0, quick = 0 }: LaneOptions) {
    this.rest = rest;
    this.quick = quick;
    this.turns = new Turns(atATime, patience, { most, refusal: () => new WaitedTooLong() });
  }

  get isEmpty(): boolean {
    return this.turns.areFree;
  }

  /**
   * @param of whose turn it is to be: a tenant's or a kind of its own, or '' where there is none
   * @throws WaitedTooLong when too many wait, or it has itself for too long; then it is never begun
   */
  async run<Result>(of: string, work: () => Promise<Result>): Promise<Result> {
    await this.turns.take(of);
    const since = performance.now();
    try {
      return await work();
    } finally {
      const took = performance.now() - since;
      if (this.rest === 0 || took < this.quick) this.turns.give();
      else setTimeout(() => this.turns.give(), this.rest * took).unref();
    }
  }
}
