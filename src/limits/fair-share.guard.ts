import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/prepared-query.js';
import { usedConnections } from '../database/watch-pool.js';
import { payloadLength } from '../http/payload-length.js';
import { resting, workApart } from '../http/shedding.js';
import { Metrics } from '../metrics/metrics.js';
import { FairShare, type Place } from './fair-share.js';
import { Limits } from './limits.js';
import { Weights } from './weights.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What it has of its caller's share, until it is answered. */
    place?: Place | undefined;
  }
}

/**
 * The caller's turn, once the body is there: who sends slowly keeps no place. Searches and passwords, few at a time,
 * wait in lanes of their own.
 */
@Injectable()
export class FairShareGuard implements CanActivate {
  private readonly share: FairShare;
  private readonly weights = new Weights();

  constructor(
    private readonly limits: Limits,
    metrics: Metrics,
    database: DataSource,
  ) {
    const pool = poolOf(database);
    this.share = new FairShare(() => usedConnections(pool) / pool.options.max);
    metrics.watch('nameplate_requests_in_turn_total', () => [[this.share.waited]]);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { principal, cost } = request;
    if (!principal || !cost) return true;
    if (cost === 'search' || cost === 'password') {
      workApart(request);
      return true;
    }
    const { name } = this.limits.accountOf(request, principal, cost);
    const place = this.share.take(name, this.weights.ahead(name, request, context.getHandler()));
    if (place instanceof Promise) return this.wait(request, place);
    this.keep(request, place);
    return true;
  }

  watch(fastify: FastifyInstance): void {
    fastify
      .decorateRequest('cost')
      .decorateRequest('place')
      .decorateRequest('kind')
      .decorateRequest('bodyBytes');
    fastify.addHook('onSend', (request, { statusCode }, payload, done) => {
      const { place } = request;
      if (place) {
        const sent = payloadLength(payload) ?? 0;
        this.share.give(place, this.weights.behind(request, statusCode, sent));
        request.place = undefined;
      }
      done();
    });
    fastify.addHook('onClose', (_fastify, done) => {
      this.share.stop();
      done();
    });
  }

  private async wait(request: FastifyRequest, place: Promise<Place>): Promise<true> {
    this.keep(request, await resting(request, place));
    return true;
  }

  private keep(request: FastifyRequest, place: Place): void {
    request.place = place;
    // What waits for events keeps none, and pays for its answer all the same.
    if (request.cost === 'stream') this.share.leave(place);
  }
}
