import { unavailable } from '../errors/app-error.js';
import { type Caller, Callers } from './callers.js';
import { ConnectionUse } from './connection-use.js';
import { EventLoopUse, LOOK_MS, type Utilization } from './event-loop-use.js';

/** Works at a time that the callers who are there have together, once the event loop or PostgreSQL is busy. */
const TOGETHER = 64;

/** Works at a time that a caller may have though nobody else is there: who comes next waits for these. */
const ALONE = 1_024;

/**
 * Milliseconds of its share that a caller may have ahead, since answers come together, and so do the next requests; and
 * how many it can have had at most: what one look held for dear is soon forgiven.
 */
const AHEAD_MS = 50;
const MOST_MS = 1_000;

/** Milliseconds after which a work waits for something else than for us, a lock say: it counts no more. */
const HOLD_MS = 2_000;

/** Milliseconds that one waits for its turn at most. */
const PATIENCE_MS = 5_000;

/** What one work has of its caller's share. */
export interface Place {
  readonly caller: Caller;
  readonly weight: number;
  readonly since: number;
}

/**
 * While the event loop or PostgreSQL is busy, each caller has its share, however many requests it sends: as many works
 * at a time, and as much time of the event loop, as those who are there have on average. Who is alone has all of it.
 */
export class FairShare {
  /** Works that had to wait. */
  waited = 0;
  private readonly callers = new Callers();
  private readonly queued = new Set<Caller>();
  private readonly places = new Set<Place>();
  private readonly eventLoop: EventLoopUse;
  private readonly connections: ConnectionUse;
  private isScheduled = false;
  private readonly timer = setInterval(() => this.look(), LOOK_MS).unref();

  /** @param connectionsUsed the part of the connections to PostgreSQL that is in use, 0 to 1 */
  constructor(
    connectionsUsed: () => number,
    utilization: Utilization = () => performance.eventLoopUtilization(),
  ) {
    this.connections = new ConnectionUse(connectionsUsed);
    this.eventLoop = new EventLoopUse(utilization);
  }

  /**
   * A place, at once or in its turn.
   *
   * @param weigh how many usual works it is, as far as is known when it begins
   * @throws AppError service.unavailable when its turn did not come in time
   */
  take(key: string, weigh: () => number): Place | Promise<Place> {
    const caller = this.callers.of(key);
    if (caller.waiting.length === 0 && this.mayBegin(caller)) return this.begin(caller, weigh());
    this.waited += 1;
    this.queued.add(caller);
    return new Promise((done, refuse) => {
      const begin = () => done(this.begin(caller, weigh()));
      caller.waiting.push({ since: performance.now(), begin, refuse });
    });
  }

  /** The work goes on, and keeps no place. */
  leave(place: Place): void {
    if (this.places.delete(place)) place.caller.running -= place.weight;
  }

  /** The work is done. @param works how many usual ones it was */
  give(place: Place, works: number): void {
    const { caller } = place;
    this.leave(place);
    this.eventLoop.count(works);
    const share = works * this.eventLoop.cost * this.eventLoop.load * this.callers.besides(caller);
    const now = performance.now();
    caller.paidUntil = Math.min(Math.max(caller.paidUntil, now) + share, now + MOST_MS);
    if (this.queued.size === 0 || this.isScheduled) return;
    this.isScheduled = true;
    // Not in this turn of the event loop: others' requests may have come.
    setImmediate(() => {
      this.isScheduled = false;
      this.admit();
    });
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private mayBegin(caller: Caller): boolean {
    const load = Math.max(this.eventLoop.load, this.connections.load);
    const pressure = load * this.callers.besides(caller);
    if (caller.running * Math.max(pressure, TOGETHER / ALONE) >= TOGETHER) return false;
    return pressure === 0 || caller.paidUntil <= performance.now() + AHEAD_MS;
  }

  private begin(caller: Caller, weight: number): Place {
    const place = { caller, weight, since: performance.now() };
    caller.running += weight;
    this.places.add(place);
    return place;
  }

  private admit(): void {
    for (const caller of this.queued) {
      while (caller.waiting.length > 0 && this.mayBegin(caller)) caller.waiting.shift()?.begin();
      if (caller.waiting.length === 0) this.queued.delete(caller);
    }
  }

  private look(): void {
    const now = performance.now();
    this.eventLoop.look();
    this.connections.look();
    for (const place of this.places) {
      if (now - place.since < HOLD_MS) break;
      this.leave(place);
    }
    this.callers.look(now);
    for (const { waiting } of this.queued)
      while (waiting[0] && now - waiting[0].since > PATIENCE_MS)
        waiting.shift()?.refuse(unavailable(OTHERS_FIRST));
    this.admit();
  }
}

const OTHERS_FIRST =
  'The service is busy, and others have their share of it, too. Nothing was done.';
