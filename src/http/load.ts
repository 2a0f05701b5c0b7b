import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { LATE_MS } from '../database/turns.js';

/** Milliseconds between two looks at the event loop, and how late two of them in a row may come: one is a hiccup. */
const LOOK_MS = 100;
const MAX_LAG_MS = 1_000;

/** How many are accepted as long as some are still answered quickly: a burst does no harm. */
const BURST = 600;

/**
 * When even the quickest served ones of two looks in a row took so many milliseconds longer than it takes at
 * ease, all wait for each other, and it is no burst any more (the way CoDel tells queues, RFC 8289): then
 * only as many are accepted as were served of late in so many milliseconds, or these few.
 */
const SLOW_MS = 250;
const MAX_WAIT_MS = 300;
const FEW = 200;

/**
 * Served between two looks all the same: with nobody but those who wait for something of their own, a lock or
 * PostgreSQL, it would never be seen that all others could be served quickly again.
 */
const SOUNDED = 5;

/**
 * Milliseconds after which a work that is not done while others are done quickly waits for something of its own, such as
 * a row that is held: it counts no more, and sheds nobody.
 */
const HELD_MS = 500;

/** Milliseconds that what it takes at ease may grow between two looks: a database may move away. */
const EASE_MS = 0.1;

/** Refusals that wait at a time: each is a request that is kept. */
const MAX_LATE = 5_000;

/** How much of the last look the rate takes on. */
const WEIGHT = 0.1;

type Worked = Pick<FastifyRequest, 'workSince'>;

/** Of the last two looks. */
type Pair = [before: number, last: number];

/** Why a request is shed. */
export type Excess = 'event_loop' | 'waiting';

/** How much the service has to do. */
export class Load {
  /** The oldest first. */
  private readonly working = new Set<Worked>();
  private late = 0;
  private served = 0;
  /** Served a second. */
  private rate = 0;
  private lags: Pair = [0, 0];
  /** Milliseconds that the quickest served ones took. */
  private quickest: Pair = [0, 0];
  private quickestNow = Infinity;
  private sounded = 0;
  private atEase = Infinity;
  private last = performance.now();
  private readonly timer = setInterval(() => this.look(), LOOK_MS).unref();

  /** @param pending answers that are not all sent */
  constructor(private readonly pending: () => number) {}

  /** Why it is more than can be answered in time: the event loop comes late, or too many wait. */
  get excess(): Excess | undefined {
    if (Math.min(...this.lags) > MAX_LAG_MS) return 'event_loop';
    const { isSlow } = this;
    const inTime = (this.rate * (MAX_WAIT_MS + this.atEase)) / 1_000;
    const most = isSlow ? Math.max(FEW, inTime) : BURST;
    // What has left without a word is no work.
    return this.working.size >= most && this.pending() >= most ? 'waiting' : undefined;
  }

  /** Why the next one is shed, if it is. */
  shed(): Excess | undefined {
    const { excess } = this;
    if (excess !== 'waiting' || this.sounded >= SOUNDED) return excess;
    this.sounded += 1;
    return undefined;
  }

  begin(request: Worked): void {
    request.workSince = performance.now();
    this.working.add(request);
  }

  /** Whether it was at work until now. */
  end(request: Worked): boolean {
    if (request.workSince === 0) return false;
    request.workSince = 0;
    this.working.delete(request);
    return true;
  }

  /** @param isServed a refusal takes next to no time, however long others wait: it tells nothing */
  answer(request: Worked, isServed: boolean): void {
    const took = performance.now() - request.workSince;
    if (!this.end(request) || !isServed) return;
    this.served += 1;
    this.quickestNow = Math.min(this.quickestNow, took);
  }

  /** It waits for its client, or for what may not come for long: that is no work. */
  async rest<Result>(request: Worked, waiting: Promise<Result>): Promise<Result> {
    const wasWork = this.end(request);
    try {
      return await waiting;
    } finally {
      if (wasWork) this.begin(request);
    }
  }

  /** Lets a refusal wait. */
  async delay(request: Worked): Promise<void> {
    if (this.late >= MAX_LATE) return;
    this.late += 1;
    await this.rest(request, sleep(LATE_MS));
    this.late -= 1;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private get isSlow(): boolean {
    return Math.min(...this.quickest) > SLOW_MS + this.atEase;
  }

  private forgetHeld(now: number): void {
    for (const request of this.working) {
      if (now - request.workSince < HELD_MS) return;
      this.working.delete(request);
    }
  }

  private look(): void {
    const now = performance.now();
    const elapsed = now - this.last;
    this.lags = [this.lags[1], elapsed - LOOK_MS];
    this.rate += WEIGHT * ((1_000 * this.served) / elapsed - this.rate);
    // Unless one is served, nothing new is known: it may be one lock that all of a few wait for.
    if (this.served > 0) {
      this.quickest = [this.quickest[1], this.quickestNow];
      this.atEase = Math.min(this.atEase + EASE_MS, this.quickestNow);
      if (!this.isSlow) this.forgetHeld(now);
    }
    this.served = 0;
    this.quickestNow = Infinity;
    this.sounded = 0;
    this.last = now;
    if (this.pending() > 0) return;
    this.working.clear();
    this.quickest = [0, 0];
  }
}
