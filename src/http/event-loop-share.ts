import { setTimeout as sleep } from 'node:timers/promises';
import { Lane } from '../database/lane.js';

/** After each piece of work it rests for so many times as long. */
const REST = 4;

/** Lets what keeps the event loop busy for long have a fifth of it, whoever sends how much of it. */
export class EventLoopShare {
  private readonly lane = new Lane({ atATime: 1, most: 50, patience: 5_000 });

  /** @throws WaitedTooLong, and what the work throws */
  run<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const piece = async () => {
        const since = performance.now();
        resolve(new Promise<Result>((done) => done(work())));
        await sleep(REST * (performance.now() - since), undefined, { ref: false });
      };
      this.lane.run('', piece).catch(reject);
    });
  }
}
