import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { isForOperators } from '../tenancy/request-host.js';
import { Tenants } from '../tenancy/tenants.js';
import { accessOf } from './access.js';

/**
 * Puts the tenant on the request. What operators may call is there on their hosts only, and nothing else
 * that is not public is.
 */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly env: Env,
    private readonly tenants: Tenants,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(this.reflector, context);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const isForOperator = isForOperators(request, this.env);
    if ((access?.kind === 'operator') !== isForOperator)
      throw new AppError('request.route_not_found', 'No route has this path.');
    if (!isForOperator) request.tenant = await this.tenants.of(request);
    return true;
  }
}
