import { Lane } from './lane.js';

/** Of one thing, such as the row of a user. */
const OPTIONS = { atATime: 1, most: 100, patience: 5_000 };

/** Transactions about one thing come one after the other: who waits for its turn holds no connection. */
export class OneByOne {
  private readonly lanes = new Map<string, Lane>();

  /** @throws WaitedTooLong */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const lane = this.lanes.get(key) ?? new Lane(OPTIONS);
    this.lanes.set(key, lane);
    try {
      return await lane.run('', work);
    } finally {
      if (lane.isEmpty) this.lanes.delete(key);
    }
  }
}
