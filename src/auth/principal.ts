import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { bearerToken } from '../http/bearer-token.js';

export type TokenKind = 'user' | 'management' | 'operator';

/** Who calls: what the service keeps of a verified access token. */
export interface Principal {
  kind: TokenKind;
  /** `sub`: of a user token the user's id, of the others the client or administrator. */
  subject: string;
  /** `client_id` (RFC 9068) or `azp` (OpenID Connect), where the token names one. */
  clientId: string | undefined;
  scopes: ReadonlySet<string>;
  /** Seconds since the epoch. */
  expiresAt: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
    /** Refuses it in place of a 401, of which there were too many. */
    refuseFailure?: () => Promise<never>;
    /** Why a token was refused, for the log only. */
    refusal?: string;
  }
}

/** What the own token of a user is refused with. */
export const userSuspended = () => new AppError('user.suspended', 'The user is suspended.');

/** The token itself, once the guard has verified it. */
export const AccessToken = createParamDecorator((_: unknown, context: ExecutionContext) =>
  bearerToken(context.switchToHttp().getRequest<FastifyRequest>().headers.authorization),
);

/** The principal that the token guard put on the request. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<FastifyRequest>().principal,
);
