import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Origin, originOf } from '../events/origin.js';
import { parseEntityTags, type Versions } from './preconditions.js';

/** What a request that changes something says beside its body. */
export interface Write {
  /** `If-Match`: the versions that it may change; undefined when it was not sent. */
  ifMatch: Versions | undefined;
  /** Who it comes from. */
  origin: Origin;
}

/** @throws AppError request.invalid_header */
export const WriteRequest = createParamDecorator((_: unknown, context: ExecutionContext): Write => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    ifMatch: parseEntityTags('If-Match', request.headers['if-match'], 'strong'),
    origin: originOf(request),
  };
});
