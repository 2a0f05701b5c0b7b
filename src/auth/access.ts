import { applyDecorators, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ApiBearerAuth } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import type { TokenKind } from './principal.js';

export const ACCESS = Symbol('access');

/** Who may call a route: anyone, or a token of one kind that has any of these scopes. */
export type Access = 'public' | { kind: TokenKind; scopes: readonly string[] };

/** What the route, or else its controller, says; undefined: nothing. */
export const accessOf = (reflector: Reflector, context: ExecutionContext) =>
  reflector.getAllAndOverride<Access | undefined>(ACCESS, [
    context.getHandler(),
    context.getClass(),
  ]);

/** Names of the security schemes in the OpenAPI document. */
export const SECURITY_SCHEMES = {
  user: 'userToken',
  management: 'managementToken',
  operator: 'operatorToken',
} as const;

export type ManagementScope =
  `users:${'read' | 'write' | 'delete' | 'password'}` | 'events:read' | 'hooks:manage';

/** Open to everybody. */
export const Public = () => SetMetadata(ACCESS, 'public' satisfies Access);

/** For a user's own token. */
export const UserAuth = (scope: 'profile') => auth('user', [scope]);

/** For a management token with `all` or with this narrow scope. */
export const ManagementAuth = (scope: ManagementScope) => auth('management', ['all', scope]);

/** For a token of those who administer tenants, on their hosts. */
export const OperatorAuth = () => auth('operator', ['tenants:manage']);

function auth(kind: TokenKind, scopes: readonly string[]) {
  const ofTenant =
    kind === 'operator' ? [] : (['request.unknown_host', 'tenant.suspended'] as const);
  return applyDecorators(
    SetMetadata(ACCESS, { kind, scopes } satisfies Access),
    ApiBearerAuth(SECURITY_SCHEMES[kind]),
    ApiProblems(
      'auth.authorization_header_missing',
      'auth.authorization_token_type_not_supported',
      'auth.unauthorized',
      'auth.forbidden',
      'request.rate_limited',
      'service.unavailable',
      ...ofTenant,
    ),
  );
}
