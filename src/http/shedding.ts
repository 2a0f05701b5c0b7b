import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../errors/app-error.js';
import { sendProblem } from './error.filter.js';
import { METRICS_PATH, type Metrics } from '../metrics/metrics.js';
import { type Excess, Load } from './load.js';
import { countPending } from './pending-answers.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Since when it has a part in what the service has to do, by `performance.now()`; 0: it has none. */
    workSince: number;
  }
}

const loads = new WeakMap<FastifyInstance['server'], Load>();
const apart = new WeakSet<FastifyRequest>();

const WATCHING = new RegExp(`^(/health/(live|ready)|${METRICS_PATH})(\\?|$)`);

/** Probes and metrics tell what is the matter. */
export const isWatching = (url: string) => WATCHING.test(url);

const TOO_MUCH = unavailable('The service has too much to do. Nothing was done.');

/**
 * Answers 503 before anything else is done with a request, when it could not be answered in time. Probes
 * and metrics are always served: a restart, or no more requests at all, would help nobody.
 */
export function shedLoad(fastify: FastifyInstance, metrics: Metrics): void {
  const load = new Load(() => countPending(fastify.server));
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
    const excess = load.shed();
    if (excess) {
      shed[excess] += 1;
      void load.delay(request).then(() => sendProblem(reply, TOO_MUCH, request.id));
      return;
    }
    load.begin(request);
    done();
  });
  // How fast a client reads its answer is not our matter.
  fastify.addHook('onSend', (request, { statusCode }, _payload, done) => {
    // What needs no token does not ask the database, either.
    const isServed = statusCode < 400 && request.principal !== undefined;
    load.answer(request, isServed && !apart.has(request));
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

/** It is done with others, at once, or in a lane of its own: how soon tells nothing of what all wait for. */
export const workApart = (request: FastifyRequest) => apart.add(request);

/** What is left of a request is no work, and how soon it is done tells nothing of what others wait for. */
export function leaveWork(request: FastifyRequest): void {
  loads.get(request.server.server)?.end(request);
}

/** Waits before a refusal of one who asks again and again. */
export const delayRefusal = (request: FastifyRequest): Promise<void> | undefined =>
  loads.get(request.server.server)?.delay(request);
