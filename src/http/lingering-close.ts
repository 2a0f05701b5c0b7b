import type { Socket } from 'node:net';

/**
 * Closes a connection in two steps, so that who still sends can read the answer (RFC 9112, section
 * 9.6): this side now, all of it once the other side has closed too, or after so long.
 */
export function closeLingering(socket: Socket, milliseconds: number): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), milliseconds);
  socket.once('close', () => clearTimeout(timer));
}
