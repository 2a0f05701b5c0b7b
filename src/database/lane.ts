import pLimit from 'p-limit';
import { WaitedTooLong } from './batch.js';

export interface LaneOptions {
  /** Works at the same time. */
  atATime: number;
  /** Works that wait for that, at most. */
  most: number;
  /** Milliseconds that one waits at most. */
  patience: number;
}

/** Lets so many works through at a time, so that what is slow has its own connections and not those of all. */
export class Lane {
  private readonly limit;

  constructor(private readonly options: LaneOptions) {
    this.limit = pLimit(options.atATime);
  }

  get isEmpty(): boolean {
    return this.limit.activeCount + this.limit.pendingCount === 0;
  }

  /** @throws WaitedTooLong when too many wait, or it has itself for too long; then it is never begun */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.limit.pendingCount >= this.options.most) throw new WaitedTooLong();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.options.patience);
    const turn = this.limit(() => {
      clearTimeout(timer);
      if (!late.signal.aborted) return work();
      throw new WaitedTooLong();
    });
    return Promise.race([turn, refusal(late.signal)]);
  }
}

const refusal = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new WaitedTooLong()), { once: true });
  });
