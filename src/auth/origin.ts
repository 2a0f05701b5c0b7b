import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { traceparentOf } from '../http/trace-requests.js';
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
  /** W3C Trace Context; where traces are on. */
  traceparent?: string | undefined;
}

/** The origin of what this request changes. */
export const RequestOrigin = createParamDecorator((_: unknown, context: ExecutionContext) =>
  originOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function originOf(request: FastifyRequest): Origin {
  const { principal, id: requestId } = request;
  const traceparent = traceparentOf(request);
  if (!principal) return { requestId, traceparent };
  const { kind, subject, clientId = null } = principal;
  return { actor: { kind, subject, clientId }, requestId, traceparent };
}
