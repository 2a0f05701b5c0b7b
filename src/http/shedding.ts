import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../errors/app-error.js';
import { sendProblem } from '../errors/error.filter.js';
import type { Metrics } from '../metrics/metrics.js';
import { METRICS_PATH } from './metrics-route.js';
import { countPending } from './pending-answers.js';

/** Milliseconds between two looks at the event loop, and how late two of them in a row may come: one is a hiccup. */
const LOOK_MS = 100;
const MAX_LAG_MS = 1_000;

/** Seconds that what is accepted may wait, by how much was answered of late; and how many are accepted in any case. */
const MAX_WAIT_SECONDS = 0.5;
const MIN_WORKING = 1_000;

/** How much of the last look the rate of answers takes on. */
const WEIGHT = 0.1;

declare module 'fastify' {
  interface FastifyRequest {
    /** It has a part in what the service has to do. */
    isWork: boolean;
  }
}

/** Why a request is shed. */
type Excess = 'event_loop' | 'waiting';

/** How much the service has to do. */
class Load {
  private working = 0;
  private answered = 0;
  /** A second. */
  private rate = 0;
  private lags: [before: number, last: number] = [0, 0];
  private last = performance.now();
  private readonly timer = setInterval(() => this.look(), LOOK_MS).unref();

  constructor(private readonly server: FastifyInstance['server']) {}

  /** Why it is more than can be answered in time: the event loop comes late, or too many wait. */
  get excess(): Excess | undefined {
    const most = Math.max(MIN_WORKING, this.rate * MAX_WAIT_SECONDS);
    if (Math.min(...this.lags) > MAX_LAG_MS) return 'event_loop';
    // What has left without a word is no work.
    if (this.working >= most && countPending(this.server) >= most) return 'waiting';
    return undefined;
  }

  begin(request: FastifyRequest): void {
    request.isWork = true;
    this.working += 1;
  }

  /** Whether it was at work until now. */
  end(request: FastifyRequest): boolean {
    if (!request.isWork) return false;
    request.isWork = false;
    this.working -= 1;
    return true;
  }

  answer(request: FastifyRequest): void {
    if (this.end(request)) this.answered += 1;
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

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    const elapsed = now - this.last;
    this.lags = [this.lags[1], elapsed - LOOK_MS];
    this.rate += WEIGHT * ((1_000 * this.answered) / elapsed - this.rate);
    this.answered = 0;
    this.last = now;
    if (countPending(this.server) === 0) this.working = 0;
  }
}

const loads = new WeakMap<FastifyInstance['server'], Load>();

const PROBES = '/health/';

/** They and metrics tell what is the matter. */
const isWatching = (url: string) => url.startsWith(PROBES) || url === METRICS_PATH;

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
  fastify.decorateRequest('isWork', false);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isWatching(request.url)) {
      done();
      return;
    }
    const { excess } = load;
    if (excess) {
      shed[excess] += 1;
      const problem = unavailable('The service has too much to do. Nothing was done.');
      sendProblem(reply, problem, request.id);
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
