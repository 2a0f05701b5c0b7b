import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { isStorable } from '../text/is-storable.js';
import { bodyLimit, keyLimit } from './body-limit.js';
import { flagsOf } from './flags.js';
import { resting } from './shedding.js';
import { QueryParameters } from './query-parameters.js';
import { EventLoopShare } from './event-loop-share.js';
import type { JsonBody } from './json-body.js';
import { parseBody, readBody } from './read-json-body.js';

/** Bytes of a body whose reading takes milliseconds. */
const LARGE_BYTES = 16_384;

/**
 * What every route asks of a request once it is authenticated: a path that can be looked up, no query
 * parameter that it does not know, and a body, where it takes one, that is JSON without traps. It comes after the guard of
 * tokens, so a caller without one learns nothing about the body it sent.
 */
@Injectable()
export class StrictRequestGuard implements CanActivate {
  private readonly maxKeys: number;
  private readonly large = new EventLoopShare();

  constructor(private readonly env: Env) {
    this.maxKeys = keyLimit(env);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    checkPath(request.params as Record<string, string>);
    if (!takes(context, RouteParamtypes.QUERY))
      checkFlags(request.query as Record<string, unknown>, flagsOf(context.getHandler()));
    if (takes(context, RouteParamtypes.BODY))
      request.body = await this.readBody(request, bodyLimit(context.getHandler(), this.env));
    return true;
  }

  /** A large body is read in its turn: 60,000 keys are felt by everybody else. */
  private async readBody(request: FastifyRequest, limit: number): Promise<JsonBody> {
    const bytes = await resting(request, readBody(request, limit));
    const parse = () => parseBody(request, bytes, this.maxKeys);
    return bytes.length > LARGE_BYTES ? this.large.run(parse) : parse();
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
