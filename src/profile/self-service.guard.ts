import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SelfServicePolicy } from './self-service-policy.js';

/** Behind the token guard: whether the client of the token may use self-service at all. */
@Injectable()
export class SelfServiceGuard implements CanActivate {
  constructor(private readonly policy: SelfServicePolicy) {}

  canActivate(context: ExecutionContext): boolean {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (principal) this.policy.checkClient(principal);
    return true;
  }
}
