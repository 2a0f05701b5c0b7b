import { HttpException } from '@nestjs/common';
import { databaseUnavailable } from '../database/database-unavailable.js';
import { AppError, unavailable } from './app-error.js';
import type { ErrorCode } from './error-codes.js';

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

/** Any thrown value → the error that is answered. An unknown one says nothing about the inside. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (databaseUnavailable(error)) return unavailable('The database is not reachable.');
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
