/** Nobody's turn came in time. The same words as the pool's own, which mean the same. */
const WAITED = 'timeout exceeded when trying to connect';

/** Milliseconds that a refusal waits: who asks again at once costs as much as who is served. */
export const LATE_MS = 1_000;

interface Waiter {
  begin: () => void;
  timer: NodeJS.Timeout;
}

/**
 * So many at a time. Where more want to, each lane has its turn: however many of one wait, another one's first
 * goes before their second.
 */
export class Turns {
  private taken = 0;
  /** Never an empty queue. The lane whose turn is next stands first. */
  private readonly waiting = new Map<string, Waiter[]>();

  /**
   * @param atATime those that may have taken
   * @param patience milliseconds that one waits at most
   * @param waitingOf how many of a lane may wait, and what one is told that may not, or not any longer
   */
  constructor(
    private readonly atATime: number,
    private readonly patience: number,
    private readonly waitingOf = { most: Infinity, refusal: () => new Error(WAITED) },
  ) {}

  get waitingCount(): number {
    return [...this.waiting.values()].reduce((count, queue) => count + queue.length, 0);
  }

  /** Nobody has taken, and nobody waits. */
  get areFree(): boolean {
    return this.taken === 0;
  }

  /** Whoever has taken gives back. @throws Error when it took too long, or too many wait */
  take(lane: string): Promise<void> | undefined {
    if (this.taken < this.atATime) {
      this.taken += 1;
      return undefined;
    }
    return new Promise((begin, refuse) => {
      const queue = this.waiting.get(lane) ?? [];
      const { most, refusal } = this.waitingOf;
      if (queue.length >= most) {
        setTimeout(() => refuse(refusal()), LATE_MS).unref();
        return;
      }
      const timer = setTimeout(() => {
        this.leave(lane, waiter);
        refuse(refusal());
      }, this.patience);
      const waiter = { begin, timer };
      queue.push(waiter);
      this.waiting.set(lane, queue);
    });
  }

  give(): void {
    const [first] = this.waiting;
    if (!first) {
      this.taken -= 1;
      return;
    }
    const [lane, [waiter]] = first as [string, [Waiter]];
    this.leave(lane, waiter);
    clearTimeout(waiter.timer);
    waiter.begin();
  }

  /** What is left of its lane comes behind all others. */
  private leave(lane: string, waiter: Waiter): void {
    const left = (this.waiting.get(lane) ?? []).filter((one) => one !== waiter);
    this.waiting.delete(lane);
    if (left.length > 0) this.waiting.set(lane, left);
  }
}
