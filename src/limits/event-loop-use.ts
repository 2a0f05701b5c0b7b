/** The part of its time that the event loop may be busy before it matters, and from which on it is busy. */
const AT_EASE = 0.4;
const BUSY = 0.6;

/** Milliseconds between two looks, and how much of the last one counts. */
export const LOOK_MS = 25;
export const WEIGHT = 0.2;

/** Milliseconds that the event loop has worked and waited until now. */
export type Utilization = () => Pick<
  ReturnType<typeof performance.eventLoopUtilization>,
  'active' | 'idle'
>;

/** How far it is on the way from one to the other: 0 to 1. */
export const degree = (value: number, from: number, to: number) =>
  Math.min(1, Math.max(0, (value - from) / (to - from)));

/** How busy the event loop is, and with how much. */
export class EventLoopUse {
  private busy = 0;
  /** Of late: milliseconds that it worked, and how many usual works were done in them. */
  private active = 0;
  private works = 0;
  /** Usual works since the last look. */
  private done = 0;
  private last: ReturnType<Utilization>;

  constructor(private readonly utilization: Utilization) {
    this.last = utilization();
  }

  /** From 0, at ease, to 1, busy. */
  get load(): number {
    return degree(this.busy, AT_EASE, BUSY);
  }

  /** Milliseconds that a usual work takes. */
  get cost(): number {
    return this.works > 0 ? this.active / this.works : 0;
  }

  /** @param works how many usual works were done */
  count(works: number): void {
    this.done += works;
  }

  look(): void {
    const total = this.utilization();
    const active = total.active - this.last.active;
    const all = active + total.idle - this.last.idle;
    this.last = total;
    if (all > 0) this.busy += WEIGHT * (active / all - this.busy);
    if (this.done === 0) return;
    // A look that comes late counts as one in time: that the event loop stood still was no work of theirs.
    const part = LOOK_MS / Math.max(LOOK_MS, all);
    this.active += WEIGHT * (part * active - this.active);
    this.works += WEIGHT * (part * this.done - this.works);
    this.done = 0;
  }
}
