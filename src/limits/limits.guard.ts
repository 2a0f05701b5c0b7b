import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { COST, type CostOf, costOfMethod } from './cost.js';
import { Limits } from './limits.js';

/** Before the body of a request is read. Who has no principal has come to a public route: no limit is met there. */
@Injectable()
export class LimitsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limits: Limits,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<never> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (!request.principal) return true;
    const costOf =
      this.reflector.get<CostOf | undefined>(COST, context.getHandler()) ?? costOfMethod;
    request.cost = costOf(request);
    return this.limits.admit(request, http.getResponse<FastifyReply>(), request.cost);
  }
}
