import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes of a refused body that are still taken. */
const MAX_REST = 16 * 1024 * 1024;

/** Milliseconds between two looks at how many have come. */
const CHECK_MS = 100;

/** Milliseconds between two parts of it, each of which is what a socket gives at once. */
const PART_MS = 4;

/** Milliseconds that they have to arrive when the connection is closed after them. */
const LINGER_MS = 5_000;

/**
 * What is unread of the body of an answered request Node takes and throws away; here this gets its
 * bounds, also when the connection is to close: who still writes would not see the answer if it was cut.
 * It is taken slowly, so that who sends much that is refused waits for it, and nobody else does.
 */
export function discardRests(server: Server): void {
  server.on('request', (request, response) =>
    // Before Node's own listener, which closes the connection when it is not to be kept.
    response.prependOnceListener('finish', () => {
      if (!request.complete) discardRest(request);
    }),
  );
}

function discardRest(request: IncomingMessage): void {
  const { socket } = request;
  request.on('data', () => {
    request.pause();
    setTimeout(() => request.resume(), PART_MS).unref();
  });
  const last = socket.bytesRead + MAX_REST;
  // A listener for its data would take the socket from Node's parser.
  const timer = setInterval(() => {
    if (socket.bytesRead > last) socket.destroy();
    // Found here: each of many such requests on one connection would listen for its end.
    if (socket.destroyed) clearInterval(timer);
  }, CHECK_MS);
  // What Node calls to close the connection.
  const closeSoon = () => {
    closeLingering(socket, LINGER_MS);
    request.once('end', () => socket.destroy());
  };
  socket.destroySoon = closeSoon;
  request.once('end', () => {
    clearInterval(timer);
    // The connection may live on, and the next one be refused before what this one still held is read.
    if (socket.destroySoon === closeSoon) Reflect.deleteProperty(socket, 'destroySoon');
  });
}

/**
 * Closes a connection in two steps, so that who still sends can read the answer (RFC 9112, section
 * 9.6): this side now, all of it once the other side has closed too, or after so long.
 */
export function closeLingering(socket: Socket, milliseconds: number): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), milliseconds);
  socket.once('close', () => clearTimeout(timer));
}
