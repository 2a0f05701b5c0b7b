import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HeldBodies } from './held-bodies.js';
import { Limits } from './limits.js';

/** Bytes of bodies at a time, all together; shorter ones than this cost no more than their requests. */
const MOST_BYTES = 32 * 1024 * 1024;
const SHORT_BYTES = 4_096;

/** Bodies wait for their turn, and are held until their requests are answered: there is memory for what comes of one. */
@Injectable()
export class HeldBodiesGuard implements CanActivate {
  private readonly held = new HeldBodies(MOST_BYTES);

  constructor(private readonly limits: Limits) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (!request.body) return true;
    const { raw } = http.getResponse<FastifyReply>();
    let held = 0;
    request.mayHold = (size) => {
      // Nobody would give back what is taken for who has left.
      if (size < SHORT_BYTES || raw.closed) return true;
      const name = this.limits.nameOf(request);
      if (!this.held.take(name, size - held)) return false;
      if (held === 0) raw.once('close', () => this.held.give(name, held));
      held = size;
      return true;
    };
    return true;
  }
}
