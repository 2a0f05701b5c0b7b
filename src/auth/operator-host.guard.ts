import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { isForOperators } from '../tenancy/request-host.js';
import { type Access, ACCESS } from './access.js';

/** What operators may call is there on their hosts only, and nothing else that is not public is. */
@Injectable()
export class OperatorHostGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly env: Env,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if ((access?.kind === 'operator') === isForOperators(request, this.env)) return true;
    throw new AppError('request.route_not_found', 'No route has this path.');
  }
}
