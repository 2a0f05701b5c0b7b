import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allowedMethods } from './allowed-methods.js';
import { loggableError } from '../logging/loggable-error.js';
import { AppError } from '../errors/app-error.js';
import { problemHeaders, toProblem } from './problem.js';
import { toAppError } from './to-app-error.js';

/** Turns whatever was thrown, on any layer, into one problem (RFC 9457). */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly adapter: HttpAdapterHost) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    const error = this.orMethodNotAllowed(toAppError(thrown, writes), request);
    if (error.status >= 500)
      request.log[error.status === 500 ? 'error' : 'warn'](
        { err: loggableError(thrown) },
        error.code,
      );
    sendProblem(reply, error, request.id);
  }

  /** The router knows no 405: a path without a handler for this method may have one for another. */
  private orMethodNotAllowed(error: AppError, request: FastifyRequest): AppError {
    if (error.code !== 'request.route_not_found') return error;
    const allowed = allowedMethods(this.adapter.httpAdapter.getInstance(), request.url);
    // Of a path with a star, the handler may be there and the file not.
    if (allowed.length === 0 || allowed.includes(request.method)) return error;
    const detail = `${request.method} is not allowed here.`;
    return new AppError('request.method_not_allowed', detail, {
      headers: { Allow: allowed.join(', ') },
    });
  }
}

export function sendProblem(reply: FastifyReply, error: AppError, requestId: string): void {
  void reply
    .status(error.status)
    .headers(problemHeaders(error, requestId))
    .send(JSON.stringify(toProblem(error, requestId)));
}
