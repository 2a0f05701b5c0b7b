import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { isStorable } from '../text/is-storable.js';
import { bodyLimit } from './body-limit.js';
import { flagsOf } from './flags.js';
import { resting } from './shedding.js';
import { QueryParameters } from './query-parameters.js';
import { readBody } from './read-json-body.js';

/**
 * What every route asks of a request once it is authenticated: a path that can be looked up, no query
 * parameter that it does not know, and, where it takes one, a body of a type and size that can be read. It comes after the
 * guard of tokens, so a caller without one learns nothing about the body it sent.
 */
@Injectable()
export class StrictRequestGuard implements CanActivate {
  constructor(private readonly env: Env) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    checkPath(request.params as Record<string, string>);
    if (!takes(context, RouteParamtypes.QUERY))
      checkFlags(request.query as Record<string, unknown>, flagsOf(context.getHandler()));
    if (takes(context, RouteParamtypes.BODY)) {
      const limit = bodyLimit(context.getHandler(), this.env);
      request.body = await resting(request, readBody(request, limit));
    }
    return true;
  }
}

/** Nothing has a name that PostgreSQL cannot keep. @throws AppError entity.not_found */
function checkPath(parameters: Record<string, string>): void {
  for (const value of Object.values(parameters))
    if (!isStorable(value))
      throw new AppError('entity.not_found', 'There is nothing of this name.');
}

type Handler = ReturnType<ExecutionContext['getHandler']>;

const kindsOf = new WeakMap<Handler, Set<number>>();

/** Whether the handler declares a parameter of this kind. Its keys read `<kind>:<index>`. */
function takes(context: ExecutionContext, kind: RouteParamtypes): boolean {
  const handler = context.getHandler();
  let kinds = kindsOf.get(handler);
  if (!kinds) {
    const parameters = (Reflect.getMetadata(
      ROUTE_ARGS_METADATA,
      context.getClass(),
      handler.name,
    ) ?? {}) as object;
    kinds = new Set(Object.keys(parameters).map((key) => Number(key.split(':', 1)[0])));
    kindsOf.set(handler, kinds);
  }
  return kinds.has(kind);
}

function checkFlags(parameters: Record<string, unknown>, flags: readonly string[]): void {
  const query = new QueryParameters(parameters, (name) => flags.includes(name));
  for (const flag of flags) query.truth(flag);
  query.check();
}
