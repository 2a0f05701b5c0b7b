import { ERROR_CODES, type ErrorCode, type ViolationCode } from './error-codes.js';

/** One refused value. */
export interface Violation {
  /** JSON Pointer (RFC 6901) into the body, or into the query parameters. */
  pointer: string;
  code: ViolationCode;
  detail: string;
}

/** The only error that services, guards and pipes throw on purpose. */
export class AppError extends Error {
  override name = 'AppError';

  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly extra: { errors?: Violation[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** At most this many violations are answered, so that a hostile body cannot make a huge answer. */
export const MAX_VIOLATIONS = 100;

/**
 * The error for a set of refused values. It is 422 only when every value is well-formed and all
 * share one code that the catalogue knows as 422 (say, an impossible phone number); else 400.
 */
export function invalidInput(violations: Violation[]): AppError {
  const errors = violations.slice(0, MAX_VIOLATIONS);
  const [first] = errors;
  const shared = first !== undefined && violations.every(({ code }) => code === first.code);
  const code = shared && first.code in ERROR_CODES ? (first.code as ErrorCode) : undefined;
  const detail = errors.map((error) => `${error.pointer || 'body'}: ${error.detail}`).slice(0, 10);
  const rest = errors.length - detail.length;
  return new AppError(
    code ?? 'guard.invalid_input',
    detail.join('; ') + (rest > 0 ? `; and ${rest} more` : ''),
    { errors },
  );
}

/** 503: the caller may try again soon. */
export function unavailable(detail: string, retryAfterSeconds = 1): AppError {
  return new AppError('service.unavailable', detail, {
    headers: { 'Retry-After': String(retryAfterSeconds) },
  });
}
