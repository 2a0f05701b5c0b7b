import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { accessOf } from './access.js';
import { ClaimsError } from './claims.js';
import { bearerToken, forbidden, unauthorized } from '../http/bearer-token.js';
import type { Principal, TokenKind } from './principal.js';
import { Realms } from './realms.js';
import { TokenCache } from './token-cache.js';

/** Asks the passport strategy of this kind, which puts the principal on the request. */
const passportGuard = (kind: TokenKind): CanActivate =>
  new (class extends AuthGuard(kind) {
    override getAuthenticateOptions() {
      return { property: 'principal' };
    }

    override handleRequest<User>(
      error: unknown,
      principal: User | false,
      reason: unknown,
      context: ExecutionContext,
    ): User {
      if (principal) return principal;
      const request = context.switchToHttp().getRequest<FastifyRequest>();
      request.refusal = refusalOf(error ?? reason);
      throw [error, reason].find((cause) => cause instanceof AppError) ?? notAccepted();
    }
  })();

const refusalOf = (cause: unknown) =>
  cause instanceof ClaimsError
    ? `the claim ${cause.message} is not accepted`
    : (cause as Error).message;

const notAccepted = () =>
  unauthorized('auth.unauthorized', 'The access token is not accepted for this resource.');

/**
 * The one gate of the service. A route is closed unless it says who may call it: @UserAuth(),
 * @ManagementAuth() or @Public(). Verified tokens come from the cache, others from passport-jwt.
 */
@Injectable()
export class TokenGuard implements CanActivate {
  private readonly passport = {
    user: passportGuard('user'),
    management: passportGuard('management'),
    operator: passportGuard('operator'),
  };

  constructor(
    private readonly reflector: Reflector,
    private readonly cache: TokenCache,
    private readonly realms: Realms,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    const { refuseFailure } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!refuseFailure) return this.judge(context);
    return this.judge(context).catch((refusal: unknown) => {
      if (refusal instanceof AppError && refusal.status === 401) return refuseFailure();
      throw refusal;
    });
  }

  private async judge(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(this.reflector, context);
    if (access === 'public') return true;
    if (!access) throw notAccepted();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.authenticate(request, access.kind, context);
    request.principal = principal;
    if (principal.kind !== access.kind) throw notAccepted();
    if (!access.scopes.some((scope) => principal.scopes.has(scope))) throw forbidden(access.scopes);
    return true;
  }

  private async authenticate(
    request: FastifyRequest,
    kind: TokenKind,
    context: ExecutionContext,
  ): Promise<Principal> {
    const token = bearerToken(request.headers.authorization);
    const realm = this.realms.of(request, kind);
    const cached = this.cache.get(realm, token);
    if (cached) return cached;
    await this.passport[kind].canActivate(context);
    const principal = request.principal as Principal;
    this.cache.set(realm, token, principal);
    return principal;
  }
}
