import { STATUS_CODES } from 'node:http';
import { type ErrorCode, ERROR_CODES } from '../errors/error-codes.js';
import { PROBLEM_JSON } from '../http/problem.js';
import type { OpenApiResponse, Schema } from './parts.js';

/** The responses of a status that comes with one or another set of codes. */
const BY_CODES: Record<string, ErrorCode[]> = {
  BadRequest: [
    'guard.invalid_input',
    'guard.invalid_json',
    'request.invalid_header',
    'request.malformed',
  ],
  BadRequestWithoutBody: ['guard.invalid_input', 'request.invalid_header', 'request.malformed'],
  BadQuery: ['guard.invalid_input', 'request.malformed'],
  Forbidden: ['auth.forbidden', 'tenant.suspended'],
  ForbiddenToUser: ['auth.forbidden', 'tenant.suspended', 'user.suspended'],
  ForbiddenToOperator: ['auth.forbidden'],
  NotFound: ['entity.not_found', 'request.unknown_host'],
  NotFoundByOperator: ['entity.not_found'],
  UnknownHost: ['request.unknown_host'],
  IdempotencyKeyMismatch: ['request.idempotency_key_mismatch'],
  IdentityInUse: ['request.idempotency_key_mismatch', 'user.identity_already_in_use'],
};

const NAMES = new Map(Object.entries(BY_CODES).map(([name, codes]) => [codes.join(), name]));

/** The statuses that the list above is about. */
const SEVERAL = new Set<number>(
  Object.values(BY_CODES)
    .flat()
    .map((code) => ERROR_CODES[code].status),
);

/**
 * What a response is called when several operations share it: a problem by its codes, another one by
 * its schema, and what has neither by its status.
 */
export function responseName(status: string, { content }: OpenApiResponse): string | undefined {
  const codes = codesOf(content?.[PROBLEM_JSON]?.schema);
  if (SEVERAL.has(Number(status))) return NAMES.get(codes.join());
  if (codes.length > 0 || status === '304') return STATUS_CODES[status]?.replaceAll(/\W/g, '');
  return content?.['application/json']?.schema.$ref?.split('/').at(-1);
}

/** As a response says them beside what all problems have. */
const codesOf = (problem: Schema | undefined) =>
  (problem?.allOf ?? []).flatMap(({ properties }) => properties?.['code']?.enum ?? []);
