import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawSocket, statuses } from '../support/raw-socket.js';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

const ORIGIN = 'https://app.example.com';

describe('security headers', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each(['/health/live', '/api/profile', '/nope', '/docs'])('are on %s', async (url) => {
    const { headers } = await app.call({ method: 'GET', url });
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
  });

  it('open nothing to other origins by default', async () => {
    const { headers } = await app.call({
      method: 'GET',
      url: '/health/live',
      headers: { origin: ORIGIN },
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('does not say what the service is made of', async () => {
    const { headers } = await app.call({ method: 'GET', url: '/health/live' });
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['server']).toBeUndefined();
  });
});

describe('CORS_ORIGINS', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ CORS_ORIGINS: `${ORIGIN}, https://b.example` });
  });
  afterAll(() => app.stop());

  it('lets these origins in, and shows them the ETag', async () => {
    const token = await app.issuer.userToken(await insertUser(app));
    const { headers } = await app.call({
      method: 'GET',
      url: '/api/profile',
      token,
      headers: { origin: ORIGIN },
    });
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(headers['access-control-expose-headers']).toContain('ETag');
    expect(headers['vary']).toMatch(/Origin/i);
    expect(headers['vary']).toMatch(/Authorization/);
  });

  it('answers their preflight without a token', async () => {
    const answer = await app.call({
      method: 'OPTIONS',
      url: '/api/profile',
      headers: { origin: ORIGIN, 'access-control-request-method': 'PATCH' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-methods']).toContain('PATCH');
  });

  it('lets no other origin in', async () => {
    const { headers } = await app.call({
      method: 'GET',
      url: '/health/live',
      headers: { origin: 'https://evil.example' },
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a shutdown', () => {
  it('does not wait for connections that ask nothing, and keeps none', async () => {
    const app = await TestApp.start();
    await app.app.listen(0, '127.0.0.1');
    const port = Number(new URL(addressOf(app)).port);
    const token = await app.issuer.managementToken();
    const agent = new Agent({ keepAlive: true });
    const idle = [
      '',
      'GET /health/live HT',
      'PATCH /api/users/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{',
    ];
    const sockets = idle.map((text) =>
      connect(port, '127.0.0.1', function (this: Socket) {
        this.write(text);
      }).on('error', () => undefined),
    );
    const headers = { authorization: `Bearer ${token}` };
    await new Promise<void>((done) => {
      request(`${addressOf(app)}/api/users/x`, { agent, headers }, (response) => {
        response.resume().on('end', () => done());
      }).end();
    });
    await sleep(100);
    const start = performance.now();
    await app.stop();
    expect(performance.now() - start).toBeLessThan(9_000);
    for (const socket of sockets) socket.destroy();
    agent.destroy();
  });

  it('serves what comes on an open connection meanwhile, and says that it was the last', async () => {
    const app = await TestApp.start();
    await app.app.listen(0, '127.0.0.1');
    const socket = RawSocket.open(app);
    const get = 'GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n';
    await socket.send(get).has('"ok"}');
    const closed = app.app.close();
    const refused = new Promise((done) => {
      const port = Number(new URL(addressOf(app)).port);
      app.app.getHttpServer().once('close', () => done(undefined));
      setImmediate(() => connect(port, '127.0.0.1').on('error', done));
    });
    socket.send(get);
    const answers = await socket.closed;
    expect(statuses(answers)).toEqual([200, 200]);
    expect(answers.match(/connection: close/gi)).toHaveLength(1);
    await refused;
    await closed;
    await app.stop();
  });

  it('finishes the requests that run, also one whose body is still on its way', async () => {
    const app = await TestApp.start();
    await app.app.listen(0, '127.0.0.1');
    const id = await insertUser(app);
    const token = await app.issuer.managementToken();
    const answer = new Promise<{ status: number | undefined; text: string }>((done, fail) => {
      const call = request(
        `${addressOf(app)}/api/users/${id}`,
        {
          method: 'PATCH',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => done({ status: response.statusCode, text }));
        },
      );
      call.on('error', fail);
      call.write('{"name":');
      setTimeout(() => call.end('"finished"}'), 600);
    });
    await sleep(200);
    const closed = app.app.close();
    expect(await answer).toMatchObject({ status: 200 });
    await closed;
    const { rows } = await app.database.client.query('SELECT name FROM users WHERE id = $1', [id]);
    expect(rows).toEqual([{ name: 'finished' }]);
    await app.stop();
  });
});

/** The address that the app listens on. */
function addressOf(app: TestApp): string {
  const { port } = app.app.getHttpServer().address() as { port: number };
  return `http://127.0.0.1:${port}`;
}
