import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Origin, originOf } from '../auth/origin.js';
import { parsePreconditions, type Preconditions } from '../http/preconditions.js';

/** What a request that changes something says beside its body. */
export interface Write extends Preconditions {
  /** Who it comes from. */
  origin: Origin;
}

/** @throws AppError request.invalid_header */
export const WriteRequest = createParamDecorator((_: unknown, context: ExecutionContext): Write => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return { ...parsePreconditions(request.headers), origin: originOf(request) };
});
