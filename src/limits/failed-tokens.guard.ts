import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accessOf } from '../auth/access.js';
import { bearerToken, isBearer } from '../http/bearer-token.js';
import { Realms } from '../auth/realms.js';
import { TokenCache } from '../auth/token-cache.js';
import { Env } from '../config/env.js';
import { resting } from '../http/shedding.js';
import { Metrics } from '../metrics/metrics.js';
import { clientNetwork } from './client-network.js';
import { Limits } from './limits.js';
import { Policy } from './policy.js';
import { SharedCounts } from './shared-counts.js';
import { SuspectsLane } from './suspects-lane.js';
import { Windows } from './windows.js';

/**
 * Counts answers with 401 by address. Over the limit they are 429, and tokens from there that are not known
 * wait for their check in a lane of their own: nobody whose token is good is refused for a neighbour.
 */
@Injectable()
export class FailedTokensGuard implements CanActivate {
  private readonly policy: Policy;
  private readonly windows = new Windows();
  private readonly lane = new SuspectsLane();
  /** Until then, some address is over the limit. */
  private busyUntil = 0;

  constructor(
    private readonly reflector: Reflector,
    private readonly realms: Realms,
    private readonly cache: TokenCache,
    private readonly limits: Limits,
    private readonly shared: SharedCounts,
    { LIMITS_FAILED_TOKENS: rate }: Env,
    metrics: Metrics,
  ) {
    this.policy = new Policy('failed-tokens', rate, 'from one address');
    metrics.watch('nameplate_limits_met_total', () => Policy.met([this.policy]));
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    const now = Date.now();
    if (now >= this.busyUntil) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const window = this.windows.peek(keyOf(request), now);
    if (!window || window.count < this.policy.rate.requests) return true;
    const refuse = () =>
      this.limits.refuse(request, this.policy.tooMany(window, Date.now()), window);
    request.refuseFailure = refuse;
    const isKnown = () => this.isKnown(context, request);
    if (isKnown()) return true;
    return this.lane.isFull ? refuse() : resting(request, this.lane.turn(isKnown));
  }

  /** Tells it of every answer, whoever refused. */
  countFailures(fastify: FastifyInstance): void {
    const { rate } = this.policy;
    if (rate.isOff) return;
    fastify.addHook('onSend', (request, reply, _payload, done) => {
      if (reply.statusCode === 401) this.count(request, Date.now());
      done();
    });
  }

  private count(request: FastifyRequest, now: number): void {
    const { rate } = this.policy;
    const key = keyOf(request);
    const window = this.windows.of(key, rate.seconds, now);
    this.shared.count(key, rate, window);
    if (window.count >= rate.requests) this.busyUntil = Math.max(this.busyUntil, window.resetsAt);
  }

  /** Whether there is no signature to check. */
  private isKnown(context: ExecutionContext, request: FastifyRequest): boolean {
    const access = accessOf(this.reflector, context);
    const { authorization } = request.headers;
    if (!access || access === 'public' || !isBearer(authorization)) return true;
    const realm = this.realms.of(request, access.kind);
    return this.cache.knew(realm, bearerToken(authorization));
  }
}

const keyOf = ({ ip }: FastifyRequest) => `failed-tokens ${clientNetwork(ip)}`;
