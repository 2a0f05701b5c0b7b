import type { Socket } from 'node:net';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/prepared-query.js';
import { usedConnections } from '../database/watch-pool.js';
import { payloadLength } from '../http/payload-length.js';
import { resting, workApart } from '../http/shedding.js';
import { Metrics } from '../metrics/metrics.js';
import { BYTES, FairShare, type Place } from './fair-share.js';
import { Limits } from './limits.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What it has of its caller's share, until it is answered. */
    place?: Place | undefined;
    /** Of one that shares no statement: whose it is, and what is asked. */
    kind?: string | undefined;
  }
}

/** Routes whose requests share statements. */
const SHARING = /^\/api\/(profile|users\/:userId)(\/(profile|custom-data|is-suspended))?$/;

/** How many of them one costs that has a statement of its own, and its answer until one of its kind is known. */
const APART = 4;
const UNKNOWN = 128;

/** What is left of how large answers of a kind were with each that is smaller, and kinds that are remembered. */
const FADING = 0.99;
const MAX_KINDS = 10_000;

const ONE = () => 1;

const receivedBytes = ({ headers }: FastifyRequest) => Number(headers['content-length'] ?? 0);

/** A refusal costs as much as so many bytes, and so does a new connection. */
const REFUSED_BYTES = 8_192;
const CONNECTED_BYTES = 8_192;

/**
 * The caller's turn, once the body is there: who sends slowly keeps no place. Searches and passwords, few at a time,
 * wait in lanes of their own.
 */
@Injectable()
export class FairShareGuard implements CanActivate {
  private readonly share: FairShare;
  /** Told once: it is done for each request. */
  private readonly sharing = new Map<unknown, boolean>();
  private readonly connections = new WeakSet<Socket>();
  private readonly works = new LRUCache<string, number>({ max: MAX_KINDS });

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
    const place = this.share.take(name, this.weigherOf(name, request, context.getHandler()));
    if (place instanceof Promise) return this.wait(request, place);
    this.keep(request, place);
    return true;
  }

  watch(fastify: FastifyInstance): void {
    fastify.decorateRequest('cost').decorateRequest('place').decorateRequest('kind');
    fastify.addHook('onSend', (request, { statusCode }, payload, done) => {
      const { place, socket } = request;
      if (place) {
        const sent = payloadLength(payload) ?? 0;
        const refused = statusCode >= 400 ? REFUSED_BYTES : 0;
        const bytes = sent + refused + receivedBytes(request) + this.costOf(socket);
        this.share.give(place, (request.kind ? APART : 1) + bytes / BYTES);
        if (request.kind) this.remember(request.kind, sent / BYTES);
        request.place = undefined;
      }
      done();
    });
    fastify.addHook('onClose', (_fastify, done) => {
      this.share.stop();
      done();
    });
  }

  /** What an answer costs is known when it is there: the next one of its kind is taken to be as large. */
  private weigherOf(name: string, request: FastifyRequest, handler: unknown): () => number {
    const body = receivedBytes(request) / BYTES;
    if (this.isSharing(request, handler)) return body < 1 ? ONE : () => 1 + body;
    const kind = `${name} ${request.method} ${request.routeOptions.url}`;
    request.kind = kind;
    return () => APART + body + (this.works.get(kind) ?? UNKNOWN);
  }

  private remember(kind: string, works: number): void {
    this.works.set(kind, Math.max(works, FADING * (this.works.get(kind) ?? 0)));
  }

  private costOf(connection: Socket): number {
    if (this.connections.has(connection)) return 0;
    this.connections.add(connection);
    return CONNECTED_BYTES;
  }

  /** Reads and patches share statements, but for those that stand in a transaction. */
  private isSharing(request: FastifyRequest, handler: unknown): boolean {
    let isSharing = this.sharing.get(handler);
    if (isSharing === undefined) {
      const { method, url = '' } = request.routeOptions;
      isSharing = /^(GET|HEAD|PATCH)$/.test(String(method)) && SHARING.test(url);
      this.sharing.set(handler, isSharing);
    }
    const { headers, query } = request;
    return (
      isSharing &&
      headers['idempotency-key'] === undefined &&
      (query as { dryRun?: unknown }).dryRun === undefined
    );
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
