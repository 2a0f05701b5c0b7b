import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Milliseconds that running requests have to finish once the service closes. */
const GRACE_MS = 10_000;

/**
 * Makes the close of the server one that ends: running requests finish, within a bound, and their
 * connections are not kept; connections on which nothing runs, also those that have sent nothing or
 * half a header, end at once.
 */
export function closeGracefully(fastify: FastifyInstance): void {
  const running = new Map<Socket, number>();
  let isClosing = false;
  const count = ({ raw }: FastifyRequest, change: 1 | -1) => {
    const requests = running.get(raw.socket);
    if (requests !== undefined) running.set(raw.socket, requests + change);
  };
  fastify.server.on('connection', (socket: Socket) => {
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    count(request, 1);
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    count(request, -1);
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('Connection', 'close');
    done();
  });
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    for (const [socket, requests] of running) if (requests === 0) socket.destroy();
    setTimeout(() => {
      for (const socket of running.keys()) socket.destroy();
    }, GRACE_MS).unref();
    done();
  });
}
