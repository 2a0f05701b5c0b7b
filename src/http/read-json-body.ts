import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { AppError, unavailable } from '../errors/app-error.js';
import { ACCEPT_PATCH, isMergePatch, JsonBody, mediaType, MERGE_PATCH } from './json-body.js';
import { askForBody } from './odd-requests.js';
import { delayRefusal } from './shedding.js';
import { parseStrictJson } from './strict-json.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether there is memory for so many bytes of its body, in all. */
    mayHold?: (size: number) => boolean;
  }
}

const JSON_TYPE = 'application/json';

/**
 * Reads the body of a request that passed the guards; until then it stays unread.
 *
 * @throws AppError 415, 413 or 503
 */
export async function readBody(request: FastifyRequest, limit: number): Promise<Uint8Array> {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  const isPatch = request.method === 'PATCH';
  if (encoding !== undefined) throw unsupported('The service takes no Content-Encoding.', isPatch);
  const stream = request.body as Readable | undefined;
  if (!isAccepted(type ?? (stream ? '' : JSON_TYPE), isPatch))
    throw unsupported(
      `Send the body as ${isPatch ? ACCEPT_PATCH : 'application/json'}, in UTF-8.`,
      isPatch,
    );
  return readAll(request, stream, limit);
}

/** @throws AppError 400, or 413 when it has more keys in all */
export const parseBody = ({ headers }: FastifyRequest, bytes: Uint8Array, maxKeys: number) =>
  new JsonBody(parseStrictJson(bytes, maxKeys), isMergePatch(headers['content-type']));

/** Of the parameters only a charset counts: JSON has no encoding but UTF-8 (RFC 8259, 8.1 and 11). */
function isAccepted(contentType: string, isPatch: boolean): boolean {
  const { essence, params } = mediaType(contentType) ?? {};
  const isJson = essence === JSON_TYPE || (isPatch && essence === MERGE_PATCH);
  return isJson && (params?.get('charset') ?? 'utf-8').toLowerCase() === 'utf-8';
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
  askForBody(request);
  if (!stream) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let size = 0;
  const cut = () =>
    stream.errored instanceof AppError
      ? stream.errored
      : new AppError('request.malformed', 'The body ended before it was complete.');
  if (stream.destroyed) throw cut();
  return new Promise((resolve, reject) => {
    stream
      .on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > limit) reject(tooLarge(limit));
        else if (request.mayHold?.(size) ?? true) chunks.push(chunk);
        else {
          // Who is refused at once asks again at once.
          stream.pause();
          chunks.length = 0;
          void Promise.resolve(delayRefusal(request)).then(() => reject(tooMany()));
        }
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', () => reject(cut()))
      .once('close', () => stream.readableEnded || reject(cut()));
  });
}

const tooMany = () =>
  unavailable('The service has too many large bodies at a time. Nothing was done.');

const tooLarge = (limit: number) =>
  new AppError('request.body_too_large', `The body is larger than ${limit} bytes.`);
