import type { FastifyInstance } from 'fastify';
import { payloadLength } from '../http/payload-length.js';
import type { Slots } from './slots.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What it has of the requests at a time, while its work goes on. */
    heldSlots?: string[] | undefined;
  }
}

/** An answer that waits for its client costs nothing but its bytes: so many are left to the connection. */
const LIGHT_BYTES = 65_536;

const isLight = (payload: unknown) =>
  payload === undefined || payload === null || (payloadLength(payload) ?? Infinity) <= LIGHT_BYTES;

/**
 * Slots are free again once the work of a request is done, and its answer is light or gone: a client that
 * leaves early does not make its work end.
 */
export function freeSlotsOfAnswered(fastify: FastifyInstance, slots: Slots): void {
  fastify.addHook('onSend', (request, { raw }, payload, done) => {
    const { heldSlots } = request;
    request.heldSlots = undefined;
    if (heldSlots) {
      if (raw.closed || isLight(payload)) slots.free(heldSlots);
      else raw.once('close', () => slots.free(heldSlots));
    }
    done();
  });
}
