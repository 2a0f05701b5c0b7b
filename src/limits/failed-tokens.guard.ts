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
import { AddressLimit } from './address-limit.js';
import { Limits } from './limits.js';
import { SharedCounts } from './shared-counts.js';
import { SuspectsLane } from './suspects-lane.js';

/**
 * Counts answers with 401 by address. Over the limit they are 429, and tokens from there that are not known
 * wait for their check in a lane of their own: nobody whose token is good is refused for a neighbour.
 */
@Injectable()
export class FailedTokensGuard implements CanActivate {
  private readonly limit: AddressLimit;
  private readonly lane = new SuspectsLane();

  constructor(
    private readonly reflector: Reflector,
    private readonly realms: Realms,
    private readonly cache: TokenCache,
    limits: Limits,
    shared: SharedCounts,
    { LIMITS_FAILED_TOKENS: rate }: Env,
    metrics: Metrics,
  ) {
    this.limit = new AddressLimit('failed-tokens', rate, limits, shared, metrics);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const refuse = this.limit.refusalOf(request);
    if (!refuse) return true;
    request.refuseFailure = refuse;
    const isKnown = () => this.isKnown(context, request);
    if (isKnown()) return true;
    return this.lane.isFull ? refuse() : resting(request, this.lane.turn(isKnown));
  }

  /** Tells it of every answer, whoever refused. */
  countFailures(fastify: FastifyInstance): void {
    if (this.limit.policy.rate.isOff) return;
    fastify.addHook('onSend', (request, reply, _payload, done) => {
      if (reply.statusCode === 401) this.limit.count(request);
      done();
    });
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
