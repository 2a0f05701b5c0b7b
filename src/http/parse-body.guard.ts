import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import { keyLimit } from './body-limit.js';
import { EventLoopShare } from './event-loop-share.js';
import { parseBody } from './read-json-body.js';

/** Bytes of a body whose parsing takes milliseconds. */
const LARGE_BYTES = 16_384;

/**
 * A body, where one was read, is JSON without traps. It is parsed once it is its caller's turn: what waits is a few
 * bytes, not thousands of keys, and what is refused was never looked at.
 */
@Injectable()
export class ParseBodyGuard implements CanActivate {
  private readonly maxKeys: number;
  private readonly large = new EventLoopShare();

  constructor(env: Env) {
    this.maxKeys = keyLimit(env);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { body } = request;
    if (!(body instanceof Uint8Array)) return true;
    const parse = (): true => {
      request.body = parseBody(request, body, this.maxKeys);
      return true;
    };
    // 60,000 keys are felt by everybody else.
    return body.length > LARGE_BYTES ? this.large.run(parse) : parse();
  }
}
