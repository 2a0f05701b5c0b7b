import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RawSocket } from '../support/raw-socket.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

/** As large as a body may be, and more than 32 MiB of them. */
const BYTES = 262_144;
const MANY = 132;

let app: TestApp;
let path: string;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
  path = `/api/users/${await insertUser(app)}`;
});
afterAll(() => app.stop());

/** A PATCH whose body comes, but for its last byte. */
function begin(token: string, bytes: number, announced: number): RawSocket {
  const head = `PATCH ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}`;
  const type = 'Content-Type: application/json';
  return RawSocket.open(app).send(
    `${head}\r\n${type}\r\nContent-Length: ${announced}\r\n\r\n${' '.repeat(bytes - 1)}`,
  );
}

it('takes no more of large bodies at a time of one client than there is memory for, and of others all the same', async () => {
  const clients = Array.from({ length: 3 }, () => ({ client_id: unique() }));
  const [greedy = '', other = '', stalled = ''] = await Promise.all(
    clients.map((claims) => app.issuer.managementToken(claims)),
  );
  const patch = (token: string, bytes: number) =>
    app.call({ method: 'PATCH', url: path, token, body: { customData: { x: 'x'.repeat(bytes) } } });
  // What is announced, and does not come, takes none.
  const silent = Array.from({ length: MANY }, () => begin(stalled, 1, BYTES));
  const held = Array.from({ length: MANY }, () => begin(greedy, BYTES, BYTES));
  const refused = await Promise.any(
    held.map(async (one) => {
      await one.has('HTTP/1.1 503');
      return one.answer;
    }),
  );
  expect(refused).toMatch(/retry-after: \d+/i);
  expect(refused).toContain('"code":"service.unavailable"');
  expect((await patch(greedy, 100)).status).toBe(200);
  expect((await patch(other, 5_000)).status).toBe(200);
  for (const { socket, closed } of [...silent, ...held]) {
    socket.destroy();
    await closed;
  }
  while ((await patch(greedy, 5_000)).status !== 200);
});

it('gives a whole request half a minute', () => {
  // The longer one of both would count.
  const { requestTimeout, headersTimeout } = app.app.getHttpServer();
  expect({ requestTimeout, headersTimeout }).toEqual({
    requestTimeout: 30_000,
    headersTimeout: 30_000,
  });
});
