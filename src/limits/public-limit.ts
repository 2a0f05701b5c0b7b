import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import type { AppError } from '../errors/app-error.js';
import { isBearer } from '../http/bearer-token.js';
import { sendProblem } from '../http/error.filter.js';
import { delayRefusal, isWatching } from '../http/shedding.js';
import { Metrics } from '../metrics/metrics.js';
import { AddressLimit } from './address-limit.js';
import { Limits } from './limits.js';
import { SharedCounts } from './shared-counts.js';

/**
 * Counts by address what is answered without a verified token: public files, paths and methods that are none, odd
 * requests. Over the limit it is 429, and what is not asked here is answered late. A token on its way to a route is
 * looked at all the same: nobody pays for a neighbour.
 */
@Injectable()
export class PublicLimit {
  private readonly limit: AddressLimit;

  constructor(
    limits: Limits,
    shared: SharedCounts,
    { LIMITS_PUBLIC: rate }: Env,
    metrics: Metrics,
  ) {
    this.limit = new AddressLimit('public', rate, limits, shared, metrics);
  }

  watch(fastify: FastifyInstance): void {
    if (this.limit.policy.rate.isOff) return;
    fastify.addHook('onRequest', (request, reply, done) => {
      const refuse = this.limit.refusalOf(request, nameOf(request));
      if (refuse && isStranger(request))
        refuse().catch((error: unknown) => sendProblem(reply, error as AppError, request.id));
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
    const { policy } = this.limit;
    if (policy.rate.isOff) return;
    const window = this.limit.count(request, nameOf(request));
    if (policy.isOver(window) && statusCode !== 429) await delayRefusal(request);
  }
}

/** What browsers ask for by themselves, and cannot be refused. */
const isPreflight = ({ method, headers }: FastifyRequest) =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

const nameOf = (request: FastifyRequest) => (isPreflight(request) ? 'preflight' : 'public');

/** Of development: who verifies its tokens, as this service does, fetches the keys there. */
const ISSUER = '/development-issuer/';

const isFree = ({ url }: FastifyRequest) => isWatching(url) || url.startsWith(ISSUER);

/** No token, or none that a route would look at. */
const isStranger = (request: FastifyRequest) =>
  !isFree(request) &&
  !(request.routeOptions.url?.startsWith('/api/') && isBearer(request.headers.authorization));
