import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of one that shares no statement: whose it is, and what is asked. */
    kind?: string | undefined;
    /** How large its body is. */
    bodyBytes?: number;
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

/** Bytes, read or written, that keep the event loop as busy as a usual work without them. */
const BYTES = 4_096;

/** A refusal costs as much as so many bytes, and so does a new connection. */
const REFUSED_BYTES = 8_192;
const CONNECTED_BYTES = 8_192;

const ONE = () => 1;

/** How many usual works requests are. */
export class Weights {
  /** Told once: it is done for each request. */
  private readonly sharing = new Map<unknown, boolean>();
  private readonly connections = new WeakSet<Socket>();
  /** By kind, what its answers were like of late. */
  private readonly works = new LRUCache<string, number>({ max: MAX_KINDS });

  /**
   * What an answer costs is known when it is there: the next one of its kind is taken to be as large.
   *
   * @param name of its caller
   * @returns what tells how many works it will be, as far as is known at that moment
   */
  ahead(name: string, request: FastifyRequest, handler: unknown): () => number {
    // It has come, and is not parsed yet; Content-Length may be missing.
    request.bodyBytes = request.body instanceof Uint8Array ? request.body.length : 0;
    const body = request.bodyBytes / BYTES;
    if (this.isSharing(request, handler)) return body < 1 ? ONE : () => 1 + body;
    const kind = `${name} ${request.method} ${request.routeOptions.url}`;
    request.kind = kind;
    return () => APART + body + (this.works.get(kind) ?? UNKNOWN);
  }

  /** How many works it was, which is remembered for the next one. @param sent bytes of its answer */
  behind(request: FastifyRequest, statusCode: number, sent: number): number {
    const { kind, socket, bodyBytes = 0 } = request;
    if (kind) this.remember(kind, sent / BYTES);
    const refused = statusCode >= 400 ? REFUSED_BYTES : 0;
    const bytes = sent + refused + bodyBytes + this.costOf(socket);
    return (kind ? APART : 1) + bytes / BYTES;
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
}
