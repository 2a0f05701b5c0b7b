import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ACCEPT_PATCH } from './json-body.js';
import { entityTag, parseEntityTags } from './preconditions.js';

/** What a handler returns when its answer is a user or a part of one. */
export class Versioned<Body> {
  constructor(
    readonly version: string,
    readonly body: Body,
  ) {}
}

/** Lets handlers answer what is versioned. */
export function sendVersions(fastify: FastifyInstance): void {
  fastify.addHook('preSerialization', (request, reply, answer: unknown, done) => {
    done(null, bodyOf(answer, request, reply));
  });
  fastify.addHook('onSend', ({ method }, reply, payload, done) => {
    if (reply.statusCode !== 304 || method === 'HEAD') {
      done(null, payload);
      return;
    }
    // It was set for a body.
    void reply.removeHeader('Content-Type');
    done(null, null);
  });
}

/**
 * The body of an answer, whose version goes into a strong `ETag`; a GET that already has it becomes 304
 * (RFC 9110, 13.1.2).
 */
export function bodyOf(answer: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  if (!(answer instanceof Versioned)) return answer;
  const { version, body } = answer as Versioned<unknown>;
  void reply.headers({
    ETag: entityTag(version),
    'Accept-Patch': ACCEPT_PATCH,
    'Cache-Control': 'private, no-cache',
    Vary: [reply.getHeader('Vary'), 'Authorization'].filter(Boolean).join(', '),
  });
  if (request.method === 'GET' || request.method === 'HEAD') {
    const known = parseEntityTags('If-None-Match', request.headers['if-none-match'], 'weak');
    if (known === '*' || known?.includes(version)) void reply.status(304);
  }
  return body;
}
