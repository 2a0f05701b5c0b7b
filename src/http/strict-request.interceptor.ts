import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { Env } from '../config/env.js';
import { invalidInput } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';
import { readJsonBody } from './read-json-body.js';

/**
 * What every route asks of a request once it is authenticated: no query parameter that it does not
 * know, and a body, where it takes one, that is JSON without traps. Interceptors run after guards
 * and before pipes, so a caller without a token learns nothing about the body it sent.
 */
@Injectable()
export class StrictRequestInterceptor implements NestInterceptor {
  constructor(private readonly env: Env) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!takes(context, RouteParamtypes.QUERY)) refuseQuery(request.query as object);
    if (takes(context, RouteParamtypes.BODY))
      request.body = await readJsonBody(request, this.env.BODY_LIMIT_BYTES);
    return next.handle();
  }
}

/** Whether the handler declares a parameter of this kind. Its keys read `<kind>:<index>`. */
function takes(context: ExecutionContext, kind: RouteParamtypes): boolean {
  const parameters = (Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) ?? {}) as object;
  return Object.keys(parameters).some((key) => key.startsWith(`${kind}:`));
}

function refuseQuery(query: object): void {
  const violations = Object.keys(query).map((name) => ({
    pointer: jsonPointer([name]),
    code: 'unknown_parameter' as const,
    detail: 'is not a query parameter of this route',
  }));
  if (violations.length > 0) throw invalidInput(violations);
}
