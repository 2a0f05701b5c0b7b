import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import { unavailable } from '../errors/app-error.js';
import { bodyLimit } from '../http/body-limit.js';
import { delayRefusal } from '../http/shedding.js';
import { HeldBodies } from './held-bodies.js';
import { Limits } from './limits.js';

/** Bytes of bodies at a time, all together; shorter ones than this cost no more than their requests. */
const MOST_BYTES = 32 * 1024 * 1024;
const SHORT_BYTES = 4_096;

/** Bodies wait for their turn: before one is read, there is memory for it, until its request is answered. */
@Injectable()
export class HeldBodiesGuard implements CanActivate {
  private readonly held = new HeldBodies(MOST_BYTES);

  constructor(
    private readonly env: Env,
    private readonly limits: Limits,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<never> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const length = lengthOf(request, bodyLimit(context.getHandler(), this.env));
    const { raw } = http.getResponse<FastifyReply>();
    // Who has left sends nothing.
    if (length < SHORT_BYTES || raw.closed) return true;
    const name = this.limits.nameOf(request);
    if (!this.held.take(name, length)) return refuse(request);
    raw.once('close', () => this.held.give(name, length));
    return true;
  }
}

/** What a body may come to: without a Content-Length, all that the route takes. */
function lengthOf({ body, headers }: FastifyRequest, limit: number): number {
  if (!body) return 0;
  return Math.min(Number(headers['content-length'] ?? limit), limit);
}

async function refuse(request: FastifyRequest): Promise<never> {
  await delayRefusal(request);
  throw unavailable('The service has too many large bodies at a time. Nothing was done.');
}
