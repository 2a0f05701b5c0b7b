import { applyDecorators, type Type } from '@nestjs/common';
import { ApiHeader, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { ApiProblems } from './api-problems.js';

const ETAG = {
  description: 'The version, a strong entity tag (RFC 9110, 8.8.3).',
  schema: { type: 'string', example: '"7"' },
} as const;

/** An answer that is a user or a part of one. */
export function ApiVersionedAnswer(
  answer: { status?: number; type: Type; description: string; example: unknown },
  headers: ApiResponseOptions['headers'] = {},
): MethodDecorator {
  const { status = 200, type, description, example } = answer;
  return ApiResponse({ status, type, description, example, headers: { ETag: ETAG, ...headers } });
}

/** An answer that is a bare JSON object of a user. */
export function ApiObjectAnswer(
  description: string,
  schema: object,
  example: unknown,
  status = 200,
) {
  return ApiResponse({ status, description, schema, example, headers: { ETag: ETAG } });
}

const IfNoneMatch = () =>
  ApiHeader({
    name: 'If-None-Match',
    description:
      'A GET is 304 without a body if it still has one of these versions, as in `"7"`; a write is done only if ' +
      'it has none of them any more.',
    required: false,
    schema: { type: 'string' },
  });

/** `If-Match` and `If-None-Match` of a request that writes. */
export function ApiWriteConditions(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      description: 'Write only if it still has one of these versions, as in `"7"`; `*` is any.',
      required: false,
      // No example: Swagger UI would fill it in and send it.
      schema: { type: 'string' },
    }),
    IfNoneMatch(),
    ApiProblems('request.precondition_failed', 'request.invalid_header'),
  );
}

/** `If-None-Match` of a GET, and its 304. */
export function ApiIfNoneMatch(): MethodDecorator {
  return applyDecorators(
    IfNoneMatch(),
    ApiResponse({ status: 304, description: 'Not modified.', headers: { ETag: ETAG } }),
    ApiProblems('request.invalid_header'),
  );
}
