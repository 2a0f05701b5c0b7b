import { Injectable } from '@nestjs/common';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
} from 'fastify';
import { Env } from '../config/env.js';
import type { AppError } from '../errors/app-error.js';
import { isBearer } from '../http/bearer-token.js';
import { sendProblem } from '../http/error.filter.js';
import { delayRefusal, isWatching } from '../http/shedding.js';
import { Metrics } from '../metrics/metrics.js';
import { clientNetwork } from './client-network.js';
import { Limits } from './limits.js';
import { Policy } from './policy.js';
import { SharedCounts } from './shared-counts.js';
import { Windows } from './windows.js';

/**
 * Counts by address what is answered without a verified token: public files, paths and methods that are none, odd
 * requests. Over the limit it is 429, and what is not asked here is answered late. A token on its way to a route is
 * looked at all the same: nobody pays for a neighbour.
 */
@Injectable()
export class PublicLimit {
  private readonly policy: Policy;
  private readonly windows = new Windows();
  /** Until then, some address is over the limit. */
  private busyUntil = 0;

  constructor(
    private readonly limits: Limits,
    private readonly shared: SharedCounts,
    { LIMITS_PUBLIC: rate }: Env,
    metrics: Metrics,
  ) {
    this.policy = new Policy('public', rate, 'from one address');
    metrics.watch('nameplate_limits_met_total', () => Policy.met([this.policy]));
  }

  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const now = Date.now();
      if (now < this.busyUntil && isStranger(request)) this.admit(request, reply, done);
      else done();
    });
    // Failed tokens have a limit of their own, and what was shed is not done.
    fastify.addHook('onSend', (request, { statusCode }, _payload, done) => {
      if (request.principal || isFree(request) || [401, 503].includes(statusCode)) done();
      else this.count(request, statusCode).then(() => done(), done);
    });
  }

  /** Counts what is answered with this status, and lets it wait when it is too much and not told so. */
  async count(request: FastifyRequest, statusCode: number): Promise<void> {
    const { rate } = this.policy;
    if (rate.isOff) return;
    const key = keyOf(request);
    const window = this.windows.of(key, rate.seconds, Date.now());
    this.shared.count(key, rate, window);
    if (window.count >= rate.requests) this.busyUntil = Math.max(this.busyUntil, window.resetsAt);
    if (this.policy.isOver(window) && statusCode !== 429) await delayRefusal(request);
  }

  private admit(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
    const now = Date.now();
    const window = this.windows.peek(keyOf(request), now);
    if (!window || window.count < this.policy.rate.requests) {
      done();
      return;
    }
    const refusal = this.limits.refuse(request, this.policy.tooMany(window, now), window);
    refusal.catch((error: unknown) => sendProblem(reply, error as AppError, request.id));
  }
}

/** What browsers ask for by themselves, and cannot be refused. */
const isPreflight = ({ method, headers }: FastifyRequest) =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

const keyOf = (request: FastifyRequest) =>
  `${isPreflight(request) ? 'preflight' : 'public'} ${clientNetwork(request.ip)}`;

/** Of development: who verifies its tokens, as this service does, fetches the keys there. */
const ISSUER = '/development-issuer/';

const isFree = ({ url }: FastifyRequest) => isWatching(url) || url.startsWith(ISSUER);

/** No token, or none that a route would look at. */
const isStranger = (request: FastifyRequest) =>
  !isFree(request) &&
  !(request.routeOptions.url?.startsWith('/api/') && isBearer(request.headers.authorization));
