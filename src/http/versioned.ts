import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { ACCEPT_PATCH } from './json-body.js';
import { entityTag, parseEntityTags } from './preconditions.js';

/** What a handler returns when its answer is a user or a part of one. */
export class Versioned<Body> {
  constructor(
    readonly version: string,
    readonly body: Body,
  ) {}
}

/** Sends the version as a strong `ETag`, and 304 to a GET that already has it (RFC 9110, 13.1.2). */
@Injectable()
export class VersionedInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next
      .handle()
      .pipe(
        map((answer: unknown) =>
          answer instanceof Versioned
            ? send(answer, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>())
            : answer,
        ),
      );
  }
}

function send({ version, body }: Versioned<unknown>, request: FastifyRequest, reply: FastifyReply) {
  void reply.headers({
    ETag: entityTag(version),
    'Accept-Patch': ACCEPT_PATCH,
    'Cache-Control': 'private, no-cache',
    Vary: [reply.getHeader('Vary'), 'Authorization'].filter(Boolean).join(', '),
  });
  if (request.method !== 'GET' && request.method !== 'HEAD') return body;
  const known = parseEntityTags('If-None-Match', request.headers['if-none-match'], 'weak');
  if (known !== '*' && !known?.includes(version)) return body;
  void reply.status(304);
  return undefined;
}
