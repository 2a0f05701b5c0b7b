import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Exchange {
  /** The request whose head came last. */
  last?: IncomingMessage;
  /** The answers that are not all sent; of pipelined requests there are several. */
  pending: Set<ServerResponse>;
}

const exchanges = new WeakMap<Socket, Exchange>();

/** Answers of a server that are not all sent. */
const counts = new WeakMap<Server, { pending: number }>();

/** Remembers what is still to be answered on each connection, and how much that is. */
export function trackAnswers(server: Server): void {
  const count = { pending: 0 };
  counts.set(server, count);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    count.pending += 1;
    const exchange = exchanges.get(request.socket) ?? { pending: new Set() };
    exchanges.set(request.socket, exchange);
    exchange.last = request;
    exchange.pending.add(response);
    response.once('close', () => {
      count.pending -= 1;
      exchange.pending.delete(response);
    });
  });
}

export const pendingAnswers = (socket: Socket): readonly ServerResponse[] => [
  ...(exchanges.get(socket)?.pending ?? []),
];

export const countPending = (server: Server): number => counts.get(server)?.pending ?? 0;

/** The request on this connection whose body has not all come, answered or not. */
export function unfinishedRequest(socket: Socket): IncomingMessage | undefined {
  const last = exchanges.get(socket)?.last;
  return last?.complete ? undefined : last;
}
