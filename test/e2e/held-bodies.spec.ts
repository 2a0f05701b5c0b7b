import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RawSocket } from '../support/raw-socket.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

/** As large as a body may be, and as many as 32 MiB are. */
const BYTES = 262_144;
const MANY = 128;

let app: TestApp;
let path: string;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
  path = `/api/users/${await insertUser(app)}`;
});
afterAll(() => app.stop());

/** A PATCH whose body is announced. */
function announce(token: string, framing: string): RawSocket {
  const head = `PATCH ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}`;
  const type = 'Content-Type: application/json';
  return RawSocket.open(app).send(`${head}\r\n${type}\r\n${framing}\r\n\r\n`);
}
const sized = (bytes: number) => `Content-Length: ${bytes}\r\nExpect: 100-continue`;

it('reads no more large bodies at a time of one client than there is memory for, and those of others all the same', async () => {
  const clients = [{ client_id: unique() }, { client_id: unique() }];
  const [greedy = '', other = ''] = await Promise.all(
    clients.map((claims) => app.issuer.managementToken(claims)),
  );
  const held = Array.from({ length: MANY }, (_, n) =>
    announce(greedy, n % 2 ? sized(BYTES) : 'Transfer-Encoding: chunked\r\nExpect: 100-continue'),
  );
  // They are read.
  for (const one of held) await one.has('HTTP/1.1 100');
  const more = announce(greedy, sized(5_000));
  await more.has('HTTP/1.1 503');
  expect(more.answer).toMatch(/retry-after: \d+/i);
  expect(more.answer).toContain('"code":"service.unavailable"');
  const another = announce(other, sized(5_000));
  await another.has('HTTP/1.1 100');
  const short = { method: 'PATCH' as const, url: path, token: greedy, body: { name: unique() } };
  expect((await app.call(short)).status).toBe(200);
  for (const { socket, closed } of [...held, more, another]) {
    socket.destroy();
    await closed;
  }
  const body = { customData: { text: 'x'.repeat(5_000) } };
  while ((await app.call({ ...short, body })).status !== 200);
});
