import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { negotiate } from '@fastify/accept-negotiator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseEntityTags } from './preconditions.js';

/** One form of a text, with the entity tag of that form (RFC 9110, 8.8.3). */
interface Form {
  coding: string;
  body: Buffer;
  tag: string;
}

const CODINGS = ['br', 'gzip'];

/** Compresses and tags a text once; then gives each client the form that it takes. */
async function formsOf(text: string): Promise<Form[]> {
  const plain = Buffer.from(text);
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const bodies = [await promisify(brotliCompress)(plain), await promisify(gzip)(plain), plain];
  return bodies.map((body, index) => {
    const coding = CODINGS[index] ?? 'identity';
    return { coding, body, tag: `${hash}-${coding}` };
  });
}

/**
 * A hook for a route whose answer is the same text as long as the service runs: it is compressed once, and
 * 304 to who has it.
 */
export function keepAnswer() {
  let kept: Promise<Form[]> | undefined;
  return async (request: FastifyRequest, reply: FastifyReply, text: unknown): Promise<unknown> => {
    if (typeof text !== 'string' || reply.statusCode !== 200) return text;
    const forms = await (kept ??= formsOf(text));
    const coding = negotiate(request.headers['accept-encoding'] ?? '', CODINGS) ?? 'identity';
    const form = forms.find((one) => one.coding === coding) as Form;
    void reply.headers({
      ETag: `"${form.tag}"`,
      'Cache-Control': 'no-cache',
      Vary: [reply.getHeader('Vary'), 'Accept-Encoding'].filter(Boolean).join(', '),
    });
    const known = parseEntityTags('If-None-Match', request.headers['if-none-match'], 'weak');
    if (known === '*' || known?.includes(form.tag)) {
      void reply.status(304).removeHeader('Content-Type').removeHeader('Content-Length');
      return null;
    }
    if (coding !== 'identity') reply.header('Content-Encoding', coding);
    reply.header('Content-Length', form.body.length);
    return form.body;
  };
}
