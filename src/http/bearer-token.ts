import { AppError } from '../errors/app-error.js';

const CHALLENGE = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };

/** 401 with the challenge of RFC 6750, section 3. */
export function unauthorized(
  code:
    | 'auth.authorization_header_missing'
    | 'auth.authorization_token_type_not_supported'
    | 'auth.unauthorized',
  detail: string,
): AppError {
  return new AppError(code, detail, { headers: CHALLENGE });
}

const BEARER = /^bearer +(\S+)$/i;

export const isBearer = (authorization: string | undefined): authorization is string =>
  authorization !== undefined && BEARER.test(authorization.trim());

/** The token of an `Authorization: Bearer …` header. The scheme's case does not matter (RFC 9110). */
export function bearerToken(authorization: string | undefined): string {
  if (!authorization)
    throw unauthorized('auth.authorization_header_missing', 'Send an Authorization header.');
  const token = BEARER.exec(authorization.trim())?.[1];
  if (token === undefined)
    throw unauthorized(
      'auth.authorization_token_type_not_supported',
      'Send the Authorization header as: Bearer <access token>.',
    );
  return token;
}

/** 403 as RFC 6750, section 3.1 asks for it. */
export function forbidden(scopes: readonly string[]): AppError {
  const narrowest = scopes.at(-1) ?? '';
  return new AppError(
    'auth.forbidden',
    `The access token needs the scope ${scopes.join(' or ')}.`,
    {
      headers: {
        'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${narrowest}"`,
      },
    },
  );
}
