import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import { PROBLEM_JSON, problemType } from './problem.js';

/** Where @nestjs/swagger keeps what @ApiResponse() said. */
const API_RESPONSES = 'swagger/apiResponse';

const PROBLEM_CODES = Symbol('problem codes');

/** Any answer of these may come from any route, whatever it does. */
const EVERYWHERE: ErrorCode[] = ['guard.invalid_input', 'service.internal_error'];

/**
 * Documents the problems that a route can answer, one example a code. Used more than once on a
 * route (its audience and the route itself both declare some), the codes add up.
 */
export function ApiProblems(...codes: ErrorCode[]): MethodDecorator {
  return (target, property, descriptor) => {
    const handler = descriptor.value as object;
    const earlier = (Reflect.getMetadata(PROBLEM_CODES, handler) ?? EVERYWHERE) as ErrorCode[];
    const all = [...new Set([...earlier, ...codes])];
    Reflect.defineMetadata(PROBLEM_CODES, all, handler);
    forget(handler, earlier);
    applyDecorators(...responses(all))(target, property, descriptor);
  };
}

/** Without this, the description of a status would hold the codes of every call. */
function forget(handler: object, codes: ErrorCode[]): void {
  const documented = (Reflect.getMetadata(API_RESPONSES, handler) ?? {}) as object;
  const statuses = new Set(codes.map((code) => String(ERROR_CODES[code].status)));
  const kept = Object.entries(documented).filter(([status]) => !statuses.has(status));
  Reflect.defineMetadata(API_RESPONSES, Object.fromEntries(kept), handler);
}

function responses(codes: ErrorCode[]): MethodDecorator[] {
  const byStatus = Map.groupBy(codes.toSorted(), (code) => ERROR_CODES[code].status);
  return [...byStatus].map(([status, group]) => ApiResponse(response(status, group)));
}

function response(status: number, codes: ErrorCode[]): ApiResponseOptions {
  return {
    status,
    description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`).join(' '),
    headers: headersOf(status),
    content: {
      [PROBLEM_JSON]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      },
    },
  };
}

function example(code: ErrorCode) {
  const { status, title } = ERROR_CODES[code];
  const instance = '0198c5a2-7f0e-7c11-9d53-3f8e0a6f2b1c';
  const about = { type: problemType(code), title, status };
  if (code !== 'guard.invalid_input')
    return { ...about, detail: `${title}.`, instance, code, message: `${title}.` };
  const violation = { pointer: '/name', code: 'invalid_type', detail: 'must be a string' };
  const detail = `${violation.pointer}: ${violation.detail}`;
  return { ...about, detail, instance, code, message: detail, errors: [violation] };
}

const HEADERS: Record<number, string> = {
  401: 'WWW-Authenticate',
  403: 'WWW-Authenticate',
  429: 'Retry-After',
  503: 'Retry-After',
};

function headersOf(status: number): ApiResponseOptions['headers'] {
  const name = HEADERS[status];
  return name ? { [name]: { schema: { type: 'string' } } } : {};
}
