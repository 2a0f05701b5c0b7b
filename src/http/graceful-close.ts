import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pendingAnswers } from './pending-answers.js';

/** Milliseconds that running requests have to finish once the service closes. */
const GRACE_MS = 10_000;

/**
 * Milliseconds that a connection on which nothing runs is kept: its client may have sent the next
 * request before it could know, and is told with the answer that it was the last one.
 */
const IDLE_MS = 500;

/**
 * Makes the close of the server one that ends: running requests finish, within a bound, and their
 * connections are not kept; connections on which nothing runs, also those that have sent nothing or
 * half a header, end soon.
 */
export function closeGracefully(fastify: FastifyInstance): void {
  const sockets = new Set<Socket>();
  let isClosing = false;
  fastify.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Node and Fastify would end at once what looks idle, with the request that is on its way.
  Object.assign(fastify.server, { closeIdleConnections: () => undefined });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('Connection', 'close');
    done();
  });
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    setTimeout(() => {
      for (const socket of sockets) if (pendingAnswers(socket).length === 0) socket.destroy();
    }, IDLE_MS).unref();
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, GRACE_MS).unref();
    done();
  });
}
