import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Env } from '../config/env.js';
import { ApiProblems } from './api-problems.js';

const BODY_LIMIT = Symbol('body limit');

/** Bytes of what has one `profile` or `details` as its largest part. */
export const CLAIMS_BYTES = 65_536;

/** Bytes of a user's own fields: `customData`, which is none of them, is told so, not that it is too large. */
export const OWN_BYTES = 131_072;

/** Bytes of what is a few fields. */
export const FIELDS_BYTES = 16_384;

/** What a route that takes a whole user with `customData` allows for: JSON with escapes is three times as long. */
const userBytes = (customDataBytes: number) => 3 * customDataBytes + CLAIMS_BYTES;
export const USER = 'user';

/**
 * A route that takes JSON, and how large a body may be: so many bytes, or what a user needs by
 * CUSTOM_DATA_MAX_BYTES. Never more than BODY_LIMIT_BYTES.
 */
export const TakesJson = (limit: number | typeof USER) =>
  applyDecorators(
    SetMetadata(BODY_LIMIT, limit),
    ApiExtension('x-max-body-bytes', limit === USER ? userBytes(65_536) : limit),
    ApiProblems('guard.invalid_json', 'request.body_too_large', 'request.unsupported_media_type'),
  );

/** Bytes that a body of this route may have. */
export function bodyLimit(handler: object, env: Env): number {
  const limit = (Reflect.getMetadata(BODY_LIMIT, handler) ?? FIELDS_BYTES) as number | typeof USER;
  const own = limit === USER ? userBytes(env.CUSTOM_DATA_MAX_BYTES) : limit;
  return Math.min(own, env.BODY_LIMIT_BYTES);
}

/** Keys that a body may have in all: what has more of them than this would be too large when it is kept. */
export const keyLimit = ({ CUSTOM_DATA_MAX_BYTES }: Env) =>
  Math.ceil((CUSTOM_DATA_MAX_BYTES + FIELDS_BYTES) / '"k":1,'.length);
