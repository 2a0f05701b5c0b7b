import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../errors/app-error.js';
import { sendProblem } from './error.filter.js';
import type { Metrics } from '../metrics/metrics.js';
import { METRICS_PATH } from './metrics-route.js';
import { countPending } from './pending-answers.js';

/** Milliseconds between two looks at the event loop, and how late two of them in a row may come: one is a hiccup. */
const LOOK_MS = 100;
const MAX_LAG_MS = 1_000;

/**
 * How many are accepted in any case: a burst does no harm. When even the quickest answers of two looks in a
 * row took longer than so many milliseconds, all wait for each other, and it is no burst any more (as CoDel
 * does with queues, RFC 8289): then only as many as were answered of late in so many seconds, or these few.
 */
const BURST = 600;
const SLOW_MS = 250;
const MAX_WAIT_SECONDS = 0.3;
const FEW = 50;

/**
 * Milliseconds that a refusal waits, and how many do at a time: who asks again at once costs as much as who is
 * served. Only so many: each is a request that is kept.
 */
const LATE_MS = 1_000;
const MAX_LATE = 5_000;

/** How much of the last look the rate of answers takes on. */
const WEIGHT = 0.1;

declare module 'fastify' {
  interface FastifyRequest {
    /** Since when it has a part in what the service has to do, by `performance.now()`; 0: it has none. */
    workSince: number;
  }
}

/** Of the last two looks. */
type Pair = [before: number, last: number];

/** Why a request is shed. */
type Excess = 'event_loop' | 'waiting';

/** How much the service has to do. */
class Load {
  private working = 0;
  private late = 0;
  private answered = 0;
  /** A second. */
  private rate = 0;
  private lags: Pair = [0, 0];
  /** Milliseconds that the quickest answers took. */
  private quickest: Pair = [0, 0];
  private quickestNow = Infinity;
  private last = performance.now();
  private readonly timer = setInterval(() => this.look(), LOOK_MS).unref();

  constructor(private readonly server: FastifyInstance['server']) {}

  /** Why it is more than can be answered in time: the event loop comes late, or too many wait. */
  get excess(): Excess | undefined {
    if (Math.min(...this.lags) > MAX_LAG_MS) return 'event_loop';
    const isSlow = Math.min(...this.quickest) > SLOW_MS;
    const most = isSlow ? Math.max(FEW, this.rate * MAX_WAIT_SECONDS) : BURST;
    // What has left without a word is no work.
    if (this.working >= most && countPending(this.server) >= most) return 'waiting';
    return undefined;
  }

  begin(request: FastifyRequest): void {
    request.workSince = performance.now();
    this.working += 1;
  }

  /** Whether it was at work until now. */
  end(request: FastifyRequest): boolean {
    if (request.workSince === 0) return false;
    request.workSince = 0;
    this.working -= 1;
    return true;
  }

  answer(request: FastifyRequest): void {
    const took = performance.now() - request.workSince;
    if (!this.end(request)) return;
    this.answered += 1;
    this.quickestNow = Math.min(this.quickestNow, took);
  }

  /** It waits for its client, or for what may not come for long: that is no work. */
  async rest<Result>(request: FastifyRequest, waiting: Promise<Result>): Promise<Result> {
    const wasWork = this.end(request);
    try {
      return await waiting;
    } finally {
      if (wasWork) this.begin(request);
    }
  }

  /** Lets a refusal wait. */
  async delay(request: FastifyRequest): Promise<void> {
    if (this.late >= MAX_LATE) return;
    this.late += 1;
    await this.rest(request, sleep(LATE_MS));
    this.late -= 1;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    const elapsed = now - this.last;
    this.lags = [this.lags[1], elapsed - LOOK_MS];
    this.rate += WEIGHT * ((1_000 * this.answered) / elapsed - this.rate);
    // Without an answer nothing new is known: it may be one lock that all of a few wait for.
    if (this.answered > 0) this.quickest = [this.quickest[1], this.quickestNow];
    this.answered = 0;
    this.quickestNow = Infinity;
    this.last = now;
    if (countPending(this.server) > 0) return;
    this.working = 0;
    this.quickest = [0, 0];
  }
}

const loads = new WeakMap<FastifyInstance['server'], Load>();

const PROBES = '/health/';

/** They and metrics tell what is the matter. */
export const isWatching = (url: string) => url.startsWith(PROBES) || url === METRICS_PATH;

const TOO_MUCH = unavailable('The service has too much to do. Nothing was done.');

/**
 * Answers 503 before anything else is done with a request, when it could not be answered in time. Probes
 * and metrics are always served: a restart, or no more requests at all, would help nobody.
 */
export function shedLoad(fastify: FastifyInstance, metrics: Metrics): void {
  const load = new Load(fastify.server);
  loads.set(fastify.server, load);
  const shed: Record<Excess, number> = { event_loop: 0, waiting: 0 };
  metrics.watch('nameplate_requests_shed_total', () =>
    Object.entries(shed).map(([reason, count]) => [count, { reason }]),
  );
  fastify.decorateRequest('workSince', 0);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isWatching(request.url)) {
      done();
      return;
    }
    const { excess } = load;
    if (excess) {
      shed[excess] += 1;
      void load.delay(request).then(() => sendProblem(reply, TOO_MUCH, request.id));
      return;
    }
    load.begin(request);
    done();
  });
  // How fast a client reads its answer is not our matter.
  fastify.addHook('onSend', (request, _reply, _payload, done) => {
    load.answer(request);
    done();
  });
  fastify.addHook('onClose', (_fastify, done) => {
    load.stop();
    done();
  });
}

/** What a request waits for without being work. */
export function resting<Result>(
  request: FastifyRequest,
  waiting: Promise<Result>,
): Promise<Result> {
  return loads.get(request.server.server)?.rest(request, waiting) ?? waiting;
}

/** Waits before a refusal of one who asks again and again. */
export const delayRefusal = (request: FastifyRequest): Promise<void> | undefined =>
  loads.get(request.server.server)?.delay(request);
