import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Exchange {
  /** The request whose head came last. */
  last?: IncomingMessage;
  /** The answers that are not all sent; of pipelined requests there are several. */
  pending: Set<ServerResponse>;
}

const exchanges = new WeakMap<Socket, Exchange>();

/** Remembers what is still to be answered on each connection. */
export function trackAnswers(server: Server): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const exchange = exchanges.get(request.socket) ?? { pending: new Set() };
    exchanges.set(request.socket, exchange);
    exchange.last = request;
    exchange.pending.add(response);
    response.once('close', () => exchange.pending.delete(response));
  });
}

export const pendingAnswers = (socket: Socket): readonly ServerResponse[] => [
  ...(exchanges.get(socket)?.pending ?? []),
];

/** The request on this connection whose body has not all come, answered or not. */
export function unfinishedRequest(socket: Socket): IncomingMessage | undefined {
  const last = exchanges.get(socket)?.last;
  return last?.complete ? undefined : last;
}
