import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { TokenKind } from './principal.js';

/** Who made a change, as the access token says. */
export interface Actor {
  /** The kind of the token. */
  kind: TokenKind;
  /** Its `sub`. */
  subject: string;
  /** Its `client_id` or `azp`; null when it names none. */
  clientId: string | null;
}

/** Where a change comes from; without an actor, from the service itself. */
export interface Origin {
  actor?: Actor;
  requestId?: string;
}

/** The origin of what this request changes. */
export const RequestOrigin = createParamDecorator((_: unknown, context: ExecutionContext) =>
  originOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function originOf({ principal, id }: Pick<FastifyRequest, 'principal' | 'id'>): Origin {
  if (!principal) return { requestId: id };
  const { kind, subject, clientId = null } = principal;
  return { actor: { kind, subject, clientId }, requestId: id };
}
