import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { payloadLength } from './payload-length.js';

/** Bytes of answers that wait for their clients at most, all together; shorter answers than this cost no more than their requests. */
const MOST_BYTES = 64 * 1024 * 1024;
const SHORT_BYTES = 4_096;

/** What one caller has not read, the oldest first. */
class Unread {
  bytes = 0;
  private readonly lengths = new Map<ServerResponse, number>();

  get oldest(): ServerResponse | undefined {
    return this.lengths.keys().next().value;
  }

  add(answer: ServerResponse, length: number): void {
    this.bytes += length;
    this.lengths.set(answer, length);
  }

  /** How many bytes it was. */
  remove(answer: ServerResponse): number {
    const length = this.lengths.get(answer) ?? 0;
    this.lengths.delete(answer);
    this.bytes -= length;
    return length;
  }
}

/**
 * Cuts off the oldest answer of who has most unread, once all that is unread is too much: a client that asks for large
 * answers and reads none would take all the memory, and others read slowly.
 *
 * @param nameOf whom a request is from
 */
export function boundUnread(
  fastify: FastifyInstance,
  nameOf: (request: FastifyRequest) => string,
  most = MOST_BYTES,
): void {
  const callers = new Map<string, Unread>();
  let bytes = 0;
  const forget = (name: string, answer: ServerResponse) => {
    const unread = callers.get(name);
    bytes -= unread?.remove(answer) ?? 0;
    if (unread?.bytes === 0) callers.delete(name);
  };
  const cutOne = () => {
    const [name, { oldest }] = [...callers].reduce((one, other) =>
      other[1].bytes > one[1].bytes ? other : one,
    );
    if (!oldest) return;
    forget(name, oldest);
    oldest.req.socket.destroy();
  };
  fastify.addHook('onSend', (request, { raw }, payload, done) => {
    const length = payloadLength(payload) ?? 0;
    if (length >= SHORT_BYTES && !request.socket.destroyed) {
      const name = nameOf(request);
      // An error may have taken its place.
      forget(name, raw);
      const unread = callers.get(name) ?? new Unread();
      callers.set(name, unread);
      unread.add(raw, length);
      bytes += length;
      raw.once('close', () => forget(name, raw));
      while (bytes > most) cutOne();
    }
    done();
  });
}
