import { MIMEType } from 'node:util';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** RFC 7396. */
export const MERGE_PATCH = 'application/merge-patch+json';

/** What a PATCH takes, for `Accept-Patch` (RFC 5789, section 3.1). */
export const ACCEPT_PATCH = `application/json, ${MERGE_PATCH}`;

/** A parsed body, on its way from the guard that read it to the pipe that judges it. */
export class JsonBody {
  constructor(
    readonly object: Record<string, unknown>,
    readonly isMergePatch: boolean,
  ) {}
}

/** How the JSON objects of a patch meet the stored ones; text fields are simply set. */
export type JsonMode =
  /** The whole object takes the place of the stored one. */
  | 'replace'
  /** Its first level is merged in; null is a value like any other. */
  | 'assign'
  /** RFC 7396: merged at every level, null removes a key. */
  | 'merge';

/** The mode of a request: `merge` for a merge patch, else what the route does with plain JSON. */
export const PatchMode = createParamDecorator(
  (plain: 'replace' | 'assign', context: ExecutionContext): JsonMode => {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    return isMergePatch(headers['content-type']) ? 'merge' : plain;
  },
);

export const isMergePatch = (contentType: string | undefined) =>
  mediaType(contentType)?.essence === MERGE_PATCH;

/** A media type (RFC 9110, section 8.3.1) without its case; undefined when it is none. */
export function mediaType(contentType: string | undefined): MIMEType | undefined {
  try {
    return new MIMEType(contentType ?? '');
  } catch {
    return undefined;
  }
}
