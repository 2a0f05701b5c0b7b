import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { payloadLength } from './payload-length.js';

/** Bytes of answers that wait for their clients at most, all together; shorter answers than this cost no more than their requests. */
const MOST_BYTES = 64 * 1024 * 1024;
const SHORT_BYTES = 4_096;

/**
 * Cuts off who has not read an answer for the longest time, once all that is unread is too much: a client that asks
 * for large answers and reads none would take all the memory.
 */
export function boundUnread(fastify: FastifyInstance, most = MOST_BYTES): void {
  /** The oldest first. */
  const unread = new Map<ServerResponse, number>();
  let bytes = 0;
  const forget = (answer: ServerResponse) => {
    bytes -= unread.get(answer) ?? 0;
    unread.delete(answer);
  };
  fastify.addHook('onSend', ({ socket }, { raw }, payload, done) => {
    const length = payloadLength(payload) ?? 0;
    if (length >= SHORT_BYTES && !socket.destroyed) {
      bytes += length;
      unread.set(raw, length);
      raw.once('close', () => forget(raw));
      for (const [oldest] of unread) {
        if (bytes <= most) break;
        forget(oldest);
        oldest.req.socket.destroy();
      }
    }
    done();
  });
}
