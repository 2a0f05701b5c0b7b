import { setTimeout as sleep } from 'node:timers/promises';

/** Followers who cost nobody anything, milliseconds that each further one adds, and how many at most. */
const FEW = 12;
const EACH_MS = 4;
const MOST_MS = 2_000;

/** All who follow feeds. The more they are, the rarer they look, and all at the same moment: what they read is one answer. */
export class Crowd {
  private followers = 0;
  private moment: Promise<void> | undefined;

  async follow<Result>(work: () => Promise<Result>): Promise<Result> {
    this.followers += 1;
    try {
      return await work();
    } finally {
      this.followers -= 1;
    }
  }

  /** The next moment at which all look; at once while they are few. */
  next(): Promise<void> | undefined {
    if (this.followers <= FEW) return undefined;
    this.moment ??= sleep(Math.min(this.followers * EACH_MS, MOST_MS)).then(() => {
      this.moment = undefined;
    });
    return this.moment;
  }
}
