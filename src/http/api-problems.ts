import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { PROBLEM_HEADERS } from './problem-headers.js';
import { PROBLEM_JSON, problemType } from './problem.js';

/** Where @nestjs/swagger keeps what @ApiResponse() said. */
const API_RESPONSES = 'swagger/apiResponse';

const PROBLEM_CODES = Symbol('problem codes');

/** Any answer of these may come from any route, whatever it does. */
const EVERYWHERE: ErrorCode[] = [
  'guard.invalid_input',
  'request.malformed',
  'service.internal_error',
];

/**
 * Documents the problems that a route can answer, with their codes. Used more than once on a
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

const isOfRequest = (code: ErrorCode) => code.startsWith('request.');

function response(status: number, codes: ErrorCode[]): ApiResponseOptions {
  // One is enough: all have the same shape. What the route itself refuses tells most.
  const shown = codes
    .toSorted((a, b) => Number(isOfRequest(a)) - Number(isOfRequest(b)))
    .slice(0, 1);
  return {
    status,
    description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`).join(' '),
    headers: PROBLEM_HEADERS[status] ?? {},
    content: {
      [PROBLEM_JSON]: {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { code: { enum: codes } } },
          ],
        },
        examples: Object.fromEntries(shown.map((code) => [code, { value: example(code) }])),
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
