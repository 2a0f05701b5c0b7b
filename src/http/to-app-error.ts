import { HttpException } from '@nestjs/common';
import { WaitedTooLong } from '../database/batch.js';
import { databaseUnavailable } from '../database/database-unavailable.js';
import { OutcomeUnknown } from '../database/outcome-unknown.js';
import { AppError, unavailable } from '../errors/app-error.js';
import type { ErrorCode } from '../errors/error-codes.js';

/** What an error of the framework means; a status that is not listed here is our own mistake. */
const BY_STATUS: Record<number, [ErrorCode, string]> = {
  400: ['request.malformed', 'The request target or its headers are malformed.'],
  403: ['request.route_not_found', 'No route has this path.'],
  404: ['request.route_not_found', 'No route has this path.'],
  408: ['request.timeout', 'The request took too long to arrive.'],
  413: ['request.body_too_large', 'The body is larger than this service accepts.'],
  414: ['request.route_not_found', 'No route has this path.'],
  415: ['request.unsupported_media_type', 'The Content-Type of the request is not supported.'],
  431: ['request.header_fields_too_large', 'The request headers are larger than 16 KiB.'],
};

/** What PostgreSQL gave up, by its SQLSTATE: nothing of it has stayed. */
const GIVEN_UP: Record<string, string> = {
  '55P03': 'Another change holds what this one needs, for too long. Nothing was done.',
  '57014': 'The database took too long. Nothing was done.',
};

const MAY_BE_DONE =
  'The database was lost before it answered. What was asked for may have been done, or may be done later: ' +
  'look before you send it again, or send it with an Idempotency-Key.';

/**
 * Any thrown value → the error that is answered. An unknown one says nothing about the inside.
 *
 * @param writes whether the request could change anything
 */
export function toAppError(error: unknown, writes = false): AppError {
  if (error instanceof AppError) return error;
  if (writes && error instanceof OutcomeUnknown) return unavailable(MAY_BE_DONE);
  if (error instanceof WaitedTooLong)
    return unavailable('Too much waits for what others hold. Nothing was done.');
  if (databaseUnavailable(error)) {
    const { code } = error as { code?: string };
    return unavailable(GIVEN_UP[code ?? ''] ?? 'The database is not reachable. Nothing was done.');
  }
  const status = statusOf(error);
  const known = BY_STATUS[status] ?? (status >= 400 && status < 500 ? BY_STATUS[400] : undefined);
  if (known) return new AppError(...known);
  return new AppError('service.internal_error', 'An unexpected error happened.');
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
