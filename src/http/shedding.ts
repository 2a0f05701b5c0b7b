import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../errors/app-error.js';
import { sendProblem } from '../errors/error.filter.js';

/** Milliseconds between two looks at the event loop, and how late two of them in a row may come: one is a hiccup. */
const LOOK_MS = 100;
const MAX_LAG_MS = 1_000;

/** Seconds that what is accepted may wait, by how much was answered of late; and how many are accepted in any case. */
const MAX_WAIT_SECONDS = 0.5;
const MIN_WORKING = 1_000;

/** How much of the last look the rate of answers takes on. */
const WEIGHT = 0.1;

/** How much the service has to do. */
class Load {
  private readonly working = new Set<FastifyRequest>();
  private answered = 0;
  /** A second. */
  private rate = 0;
  private lags: [before: number, last: number] = [0, 0];
  private last = performance.now();
  private readonly timer = setInterval(() => this.look(), LOOK_MS).unref();

  /** More than can be answered in time: the event loop comes late, or too many wait. */
  get isTooMuch(): boolean {
    const most = Math.max(MIN_WORKING, this.rate * MAX_WAIT_SECONDS);
    return Math.min(...this.lags) > MAX_LAG_MS || this.working.size >= most;
  }

  begin(request: FastifyRequest): void {
    this.working.add(request);
  }

  end(request: FastifyRequest): void {
    if (this.working.delete(request)) this.answered += 1;
  }

  /** It waits for its client, or for what may not come for long: that is no work. */
  async rest<Result>(request: FastifyRequest, waiting: Promise<Result>): Promise<Result> {
    const was = this.working.delete(request);
    try {
      return await waiting;
    } finally {
      if (was) this.working.add(request);
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
  }
}

const loads = new WeakMap<FastifyInstance['server'], Load>();

const PROBES = '/health/';

/**
 * Answers 503 before anything else is done with a request, when it could not be answered in time. Probes
 * are always served: a restart, or no more requests at all, would help nobody.
 */
export function shedLoad(fastify: FastifyInstance): void {
  const load = new Load();
  loads.set(fastify.server, load);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith(PROBES)) done();
    else if (load.isTooMuch)
      sendProblem(
        reply,
        unavailable('The service has too much to do. Nothing was done.'),
        request.id,
      );
    else {
      load.begin(request);
      done();
    }
  });
  // How fast a client reads its answer is not our matter.
  fastify.addHook('onSend', (request, _reply, _payload, done) => {
    load.end(request);
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    load.end(request);
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    load.end(request);
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
