import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { fastify as createFastify, type FastifyInstance } from 'fastify';
import { boundUnread } from '../../src/http/unread-answers.js';

/** More than the system takes for a client that does not read. */
const LARGE = 'x'.repeat(50 * 1024 * 1024);

let fastify: FastifyInstance;
const sockets: Socket[] = [];
beforeEach(async () => {
  fastify = createFastify();
  // Two of them, and not three.
  boundUnread(fastify, ({ headers }) => String(headers.from), 2.5 * LARGE.length);
  fastify.get('/large', () => LARGE);
  fastify.get('/short', () => 'short');
  await fastify.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await fastify.close();
});

/** Asks, and reads no more than the beginning. */
async function ask(path: string, from = 'a'): Promise<Socket> {
  const { port } = fastify.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket
    .on('error', () => undefined)
    .write(`GET ${path} HTTP/1.1\r\nHost: x\r\nFrom: ${from}\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  return socket;
}

/** Bytes that come, until the connection is closed or all are there. */
async function rest(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > 0.95 * LARGE.length) socket.destroy();
  });
  socket.resume();
  await once(socket, 'close');
  return bytes;
}

it('cuts off who has not read for the longest time, once too much is unread', async () => {
  const first = await ask('/large');
  const second = await ask('/large');
  await ask('/short');
  const third = await ask('/large');
  expect(await rest(first)).toBeLessThan(0.9 * LARGE.length);
  expect(await rest(second)).toBeGreaterThan(0.95 * LARGE.length);
  expect(await rest(third)).toBeGreaterThan(0.95 * LARGE.length);
});

it('cuts off who has most unread, and nobody who reads slowly for longer', async () => {
  const slow = await ask('/large', 'slow');
  const first = await ask('/large', 'greedy');
  const second = await ask('/large', 'greedy');
  expect(await rest(slow)).toBeGreaterThan(0.95 * LARGE.length);
  expect(await rest(first)).toBeLessThan(0.9 * LARGE.length);
  expect(await rest(second)).toBeGreaterThan(0.95 * LARGE.length);
});

it('counts no answer that was read, and none of a client that has left', async () => {
  const kept = await ask('/large');
  for (let n = 0; n < 3; n += 1) await rest(await ask('/large'));
  expect(await rest(kept)).toBeGreaterThan(0.95 * LARGE.length);
});
