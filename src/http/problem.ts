import type { AppError, Violation } from '../errors/app-error.js';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';

/** RFC 9457 media type of every error answer. */
export const PROBLEM_JSON = 'application/problem+json';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The request id, as in the `X-Request-Id` header and in the logs. */
  instance: string;
  code: ErrorCode;
  /** The same as `detail`, for clients that read `message`. */
  message: string;
  errors?: Violation[];
}

export const problemType = (code: ErrorCode) => `urn:nameplate:problem:${code}`;

/** The headers of an error answer, complete even where no hook adds any. */
export function problemHeaders({ extra }: AppError, requestId: string): Record<string, string> {
  return {
    'Content-Type': PROBLEM_JSON,
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    ...extra.headers,
  };
}

/** The body of an error answer (RFC 9457). */
export function toProblem({ code, detail, extra }: AppError, requestId: string): Problem {
  const { status, title } = ERROR_CODES[code];
  return {
    type: problemType(code),
    title,
    status,
    detail,
    instance: requestId,
    code,
    message: detail,
    ...(extra.errors && { errors: extra.errors }),
  };
}
