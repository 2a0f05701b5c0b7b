import { Lane } from '../database/lane.js';

/** Lets what keeps the event loop busy for long have a fifth of it, whoever sends how much of it. */
export class EventLoopShare {
  private readonly lane = new Lane({ atATime: 1, most: 50, patience: 5_000, rest: 4 });

  /** @throws WaitedTooLong, and what the work throws */
  run<Result>(work: () => Result): Promise<Result> {
    return this.lane.run('', () => new Promise((done) => done(work())));
  }
}
