import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { checkClient } from './self-service-policy.js';

/** Behind the token guard: whether the client of the token may use self-service at all. */
@Injectable()
export class SelfServiceGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { tenant, principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (principal) checkClient(tenant.selfService, principal);
    return true;
  }
}
