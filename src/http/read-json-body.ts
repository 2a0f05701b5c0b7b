import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AppError } from '../errors/app-error.js';
import { ACCEPT_PATCH, isMergePatch, JsonBody } from './json-body.js';
import { parseStrictJson } from './strict-json.js';

/** Alone or with `charset=utf-8`: JSON has no other encoding (RFC 8259, section 8.1). */
const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;
const PATCH_TYPE = /^application\/(merge-patch\+)?json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Reads and parses the body of a request that passed the guards; until then it stays unread.
 *
 * @throws AppError 415, 413 or 400
 */
export async function readJsonBody(request: FastifyRequest, limit: number): Promise<JsonBody> {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  const isPatch = request.method === 'PATCH';
  if (encoding !== undefined) throw unsupported('The service takes no Content-Encoding.', isPatch);
  const stream = request.body as Readable | undefined;
  const accepted = isPatch ? PATCH_TYPE : JSON_TYPE;
  if (!accepted.test(type ?? (stream ? '' : 'application/json')))
    throw unsupported(
      `Send the body as ${isPatch ? ACCEPT_PATCH : 'application/json'}, in UTF-8.`,
      isPatch,
    );
  return new JsonBody(parseStrictJson(await readAll(request, stream, limit)), isMergePatch(type));
}

function unsupported(detail: string, isPatch: boolean): AppError {
  return new AppError('request.unsupported_media_type', detail, {
    headers: isPatch ? { 'Accept-Patch': ACCEPT_PATCH } : { Accept: 'application/json' },
  });
}

async function readAll(
  request: FastifyRequest,
  stream: Readable | undefined,
  limit: number,
): Promise<Uint8Array> {
  if (Number(request.headers['content-length']) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream?.iterator({ destroyOnReturn: false }) ?? []) {
      size += (chunk as Buffer).length;
      if (size > limit) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    throw new AppError('request.malformed', 'The body ended before it was complete.');
  }
  if (size > limit) throw tooLarge(limit);
  return Buffer.concat(chunks);
}

/** The rest of the body is not read: the connection ends with the answer. */
function tooLarge(limit: number): AppError {
  return new AppError('request.body_too_large', `The body is larger than ${limit} bytes.`, {
    headers: { Connection: 'close' },
  });
}
