import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedRoutes } from '../../src/http/allowed-methods.js';
import { openApiDocument } from '../../src/openapi/document.js';
import { inlined } from '../support/api-document.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const ORIGIN = 'https://app.example.com';
let app: TestApp;
let token: string;
let id: string;
let port: number;
beforeAll(async () => {
  app = await TestApp.start({ CORS_ORIGINS: `${ORIGIN},https://*.tenants.example.com` });
  token = await app.issuer.managementToken();
  id = await insertUser(app);
  await app.app.listen(0, '127.0.0.1');
  port = Number(new URL(await app.app.getUrl()).port);
});
afterAll(() => app.stop());

/** Sends bytes as they are, and reads what comes until the connection ends. */
function raw(text: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('close', () => done(answer));
    socket.on('error', fail);
  });
}

describe('whatever Node or Fastify refuse', () => {
  it.each([
    ['a request without Host', 'GET /health/live HTTP/1.1\r\n', 400],
    ['two Hosts', 'GET /health/live HTTP/1.1\r\nHost: x\r\nHost: x\r\n', 400],
    ...['', 'a b', 'a/b', 'user@host', 'x:port', 'x:1:2', '[::1', '%zz', 'a?b', 'ä'].map(
      (host): [string, string, number] => [
        `Host: ${host}`,
        `GET /health/live HTTP/1.0\r\nHost: ${host}\r\n`,
        400,
      ],
    ),
    ...['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'Origin'].map(
      (name): [string, string, number] => [
        `two lines of ${name}`,
        `GET /health/live HTTP/1.1\r\nHost: x\r\n${name}: a\r\n${name.toLowerCase()}: a\r\n`,
        400,
      ],
    ),
    [
      'another transfer coding',
      'GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n',
      501,
    ],
    ['a fragment', 'GET /health/live#a HTTP/1.1\r\nHost: x\r\n', 400],
    ['a fragment in a query', 'GET /health/live?a#b HTTP/1.1\r\nHost: x\r\n', 400],
    ['a tunnel with two Hosts', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\nHost: x:1\r\n', 400],
    ['a tunnel without Host', 'CONNECT x:1 HTTP/1.1\r\n', 400],
    ['QUERY of nothing', 'QUERY /nothing HTTP/1.1\r\nHost: x\r\n', 404],
    ['an unknown Expect', 'GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: x\r\n', 417],
    ['a bad escape', 'GET /api/users/%zz HTTP/1.1\r\nHost: x\r\n', 400],
    ['a path without an end', `GET /api/users/${'x'.repeat(5_000)} HTTP/1.1\r\nHost: x\r\n`, 404],
    ['another method', 'TRACE /api/profile HTTP/1.1\r\nHost: x\r\n', 405],
    ['a method that is none', 'MAKE /api/profile HTTP/1.1\r\nHost: x\r\n', 400],
    [
      'two lengths',
      'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n',
      400,
    ],
    [
      'a length and chunks',
      'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n',
      400,
    ],
    ['no method of OPTIONS', 'GET * HTTP/1.1\r\nHost: x\r\n', 404],
    ['a proxy', 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n', 405],
    [
      'a malformed Content-Type, without a token',
      'PATCH /api/profile HTTP/1.1\r\nHost: x\r\nContent-Type: x\r\nContent-Length: 2\r\n',
      401,
    ],
    ['no HTTP', 'hello\r\n', 400],
  ])('is a problem: %s', async (_, head, status) => {
    const answer = await raw(
      `${head}Origin: ${ORIGIN}\r\nConnection: close\r\n\r\n${head.includes('Length: 2\r\n') ? '{}' : ''}`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toMatch(/x-content-type-options: nosniff/i);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n{') + 4))).toMatchObject({ status });
  });

  it.each([
    ['PROPFIND /api/users/x', 'DELETE, GET, HEAD, PATCH'],
    ['QUERY /api/users', 'GET, HEAD, POST'],
    ['PUT http://x/api/users?a', 'GET, HEAD, POST'],
    ['PUT /api/%75sers/a%2Fb', 'DELETE, GET, HEAD, PATCH'],
    ['POST /docs/swagger-ui.css', 'GET, HEAD'],
  ])('is 405 with Allow where the path is known: %s', async (target, allow) => {
    for (const type of ['', 'Content-Type: x/x\r\n']) {
      const answer = await raw(`${target} HTTP/1.1\r\nHost: x\r\n${type}Connection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 405 /);
      expect(/^allow: (.*)\r$/im.exec(answer)?.[1]).toBe(allow);
    }
  });

  it('is a tunnel, and does no harm when it is reset', async () => {
    const accepted = once(app.app.getHttpServer(), 'connect');
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n'),
    );
    const [, served] = await accepted;
    const closed = new Promise<void>((done) => served.on('close', () => done()));
    served.emit('error', new Error('ECONNRESET'));
    socket.resetAndDestroy();
    await closed;
    expect((await app.call({ method: 'GET', url: '/health/live' })).status).toBe(200);
  });

  it('is not OPTIONS *, the question what there is at all', async () => {
    const head = `OPTIONS * HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nConnection: close\r\n`;
    const answer = await raw(`${head}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 204 /);
    expect(answer).toMatch(/^allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r$/im);
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    expect(answer).toMatch(/^access-control-allow-origin: /im);
  });

  it.each(['x', 'a.example:8080', 'x:', '127.0.0.1:1', '[::1]:80', 'a_b', '%61'])(
    'is not a request for %s',
    async (host) => {
      const head = `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      expect(await raw(head)).toMatch(/^HTTP\/1.1 200 /);
    },
  );

  it('does not hold its connection: whoever goes on sending has a second to read the answer', async () => {
    const accepted = once(app.app.getHttpServer(), 'connection');
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    const head = 'Host: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.write(`PATCH /api/profile HTTP/1.1\r\n${head}`);
    const [served] = await accepted;
    const timeout = Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    const start = performance.now();
    app.app.getHttpServer().emit('clientError', timeout, served);
    const sending = setInterval(() => socket.write('no chunk\r\n'), 50);
    await new Promise<void>((done) => socket.on('close', () => done()));
    clearInterval(sending);
    expect(answer).toMatch(/^HTTP\/1.1 408 [^]*"status":408/);
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('is served without Host by HTTP/1.0, as that needs none', async () => {
    expect(await raw('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('an allowed origin', () => {
  const call = (method: string, url: string, headers: Record<string, string> = {}) =>
    app.call({ method, url, headers: { origin: ORIGIN, ...headers } });

  it.each([
    ['GET', '/api/users/%zz', {}, 400],
    ['GET', `/api/users/${'x'.repeat(5_000)}`, {}, 404],
    ['GET', '/api/users', {}, 401],
    ['GET', '/nothing', {}, 404],
    ['PUT', '/api/profile', {}, 405],
    ['OPTIONS', '/api/profile', {}, 405],
    ['OPTIONS', '/api/users/x', {}, 405],
    ['GET', '/health/live', { expect: 'x' }, 417],
  ])('reads the problem of %s %s', async (method, url, headers, status) => {
    const answer = await call(method, url, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'content-type': expect.stringContaining('application/problem+json'),
      vary: expect.stringMatching(/origin/i),
    });
    expect(answer.headers['access-control-expose-headers']).toContain('Retry-After');
    const other = await call(method, url, { ...headers, origin: 'https://evil.example' });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('is told by OPTIONS which methods there are', async () => {
    expect((await call('OPTIONS', '/api/users/x')).headers['allow']).toBe(
      'DELETE, GET, HEAD, PATCH',
    );
  });

  it.each([
    ['https://a.tenants.example.com', true],
    ['https://a.b-c.tenants.example.com', true],
    ['https://tenants.example.com', false],
    ['http://a.tenants.example.com', false],
    ['https://a.tenants.example.com:8443', false],
    ['https://a.tenants.example.com.evil.example', false],
    ['https://eviltenants.example.com', false],
    ['https://a.tenantsxexample.com', false],
    ['null', false],
  ])('may be any subdomain of one with a star: %s is %s', async (origin, isAllowed) => {
    const { headers } = await call('GET', '/health/live', { origin });
    expect(headers['access-control-allow-origin']).toBe(isAllowed ? origin : undefined);
  });
});

describe('a path or query that no database can keep', () => {
  const odd = [
    '%00',
    'a%00b',
    '%ED%A0%80',
    '%C0%80',
    '%FF',
    '%EF%BF%BF',
    'x'.repeat(3_000),
    '%E2%80%AE',
  ];

  it('never is a 500 of any route', async () => {
    const own = await app.issuer.userToken(id);
    const routes = recordedRoutes(app.app.getHttpAdapter().getInstance());
    const paths = inlined(openApiDocument(app.app)).paths as Record<string, Record<string, any>>;
    let tried = 0;
    for (const { url, methods } of routes.filter((route) => route.url.startsWith('/api/')))
      for (const method of methods.filter((one) => one !== 'HEAD')) {
        const parameters = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
        const documented = paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
        const queries = ((documented?.parameters ?? []) as { in: string; name: string }[])
          .filter((parameter) => parameter.in === 'query')
          .map(({ name }) => name);
        const plain = url.replace(/:\w+/g, id);
        const urls = odd.flatMap((value) => [
          ...parameters.map((name) => url.replace(`:${name}`, value).replace(/:\w+/g, id)),
          ...queries.map((name) => `${plain}?${encodeURIComponent(name)}=${value}`),
          `${plain}?${value}=1`,
        ]);
        for (const one of urls) {
          const bearer = url.startsWith('/api/profile') ? own : token;
          const body = ['GET', 'DELETE'].includes(method) ? undefined : {};
          const { status } = await app.call({ method, url: one, token: bearer, body });
          tried += 1;
          if (status >= 500 || status < 200) throw new Error(`${method} ${one}: ${status}`);
        }
      }
    expect(tried).toBeGreaterThan(400);
  }, 240_000);
});

/** Writes a head and so many bytes, a piece after the other, also when the other side has closed. */
function sendOn(head: string, size: number, pauseMs = 0) {
  return new Promise<{ answer: string; sent: number; error: unknown }>((done) => {
    let [answer, sent, error]: [string, number, unknown] = ['', 0, undefined];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(head);
      const write = () => {
        if (socket.destroyed) return;
        if (sent >= size) {
          socket.end();
          return;
        }
        sent += 100_000;
        socket.write('x'.repeat(100_000), () => setTimeout(write, pauseMs));
      };
      write();
    });
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', (fault) => (error = fault));
    socket.on('close', () => done({ answer, sent, error }));
  });
}

describe('a body that is refused', () => {
  const send = (path: string, size: number, headers: Record<string, string>, chunked: boolean) => {
    const text = JSON.stringify({ name: 'x'.repeat(size) });
    const stream = () =>
      new ReadableStream({
        start: (controller) => {
          for (let at = 0; at < text.length; at += 65_536)
            controller.enqueue(new TextEncoder().encode(text.slice(at, at + 65_536)));
          controller.close();
        },
      });
    return fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...headers },
      body: chunked ? stream() : text,
      ...(chunked && { duplex: 'half' }),
    });
  };

  it.each([
    ['too large', {}, 413],
    ['of nobody', { authorization: '' }, 401],
    ['of another type', { 'content-type': 'text/plain' }, 415],
  ])(
    'is told to who still writes it: %s',
    async (_, headers, status) => {
      const authorization = `Bearer ${token}`;
      for (let round = 0; round < 10; round += 1)
        for (const size of [2_000_000, 5_000_000]) {
          const answer = await send(
            `/api/users/${id}`,
            size,
            { authorization, ...headers },
            round % 2 > 0,
          );
          expect([answer.status, ((await answer.json()) as any).status]).toEqual([status, status]);
        }
    },
    120_000,
  );

  it.each([
    ['too large', '', 413],
    ['of nobody', 'Authorization: Bearer x\r\n', 401],
    ['of another type', 'Content-Type: text/plain\r\n', 415],
    ['for a path that is none', '', 400],
  ])('is told before the connection closes: %s', async (_, header, status) => {
    const path = status === 400 ? '/api/users/%zz' : `/api/users/${id}`;
    const size = 8_000_000;
    const head = `PATCH ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}`;
    const others = [`Authorization: Bearer ${token}\r\n`, 'Content-Type: application/json\r\n']
      .filter((line) => line.split(':')[0] !== header.split(':')[0])
      .join('');
    for (let round = 0; round < 5; round += 1) {
      const { answer, error } = await sendOn(
        `${head}${others}Content-Length: ${size}\r\n\r\n`,
        size,
      );
      expect(error).toBeUndefined();
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"status":${status}`));
    }
  });

  it.each(['close', 'keep-alive'])('is not taken without end (%s)', async (connection) => {
    const size = 200_000_000;
    const head = `PATCH /api/users/x HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n`;
    const { sent } = await sendOn(`${head}Content-Length: ${size}\r\n\r\n`, size);
    expect(sent).toBeGreaterThan(16_000_000);
    expect(sent).toBeLessThan(150_000_000);
  });

  it('is taken slowly: who sends it waits, and nobody else', async () => {
    const start = performance.now();
    const size = 8_000_000;
    const head = 'PATCH /api/users/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
    const { answer } = await sendOn(`${head}Content-Length: ${size}\r\n\r\n`, size);
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    // 122 parts of 64 KiB, 4 ms each; what the kernel holds is not waited for.
    expect(performance.now() - start).toBeGreaterThan(200);
  });

  it('is not waited for without end', async () => {
    const start = performance.now();
    const head = 'PATCH /api/users/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
    await sendOn(`${head}Content-Length: 200000000\r\n\r\n`, 12_000_000, 100);
    expect(performance.now() - start).toBeGreaterThan(4_000);
    expect(performance.now() - start).toBeLessThan(9_000);
  });

  it.each([200_000, 1_200_000])('leaves no listener on its connection (%i bytes)', async (size) => {
    const accepted = once(app.app.getHttpServer(), 'connection');
    const socket = connect(port, '127.0.0.1');
    const [served] = (await accepted) as [Socket];
    const listeners = () => served.eventNames().map((name) => [name, served.listenerCount(name)]);
    const head = `PATCH /api/users/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`;
    let answers = '';
    socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
    const refuse = async () => {
      socket.write(head);
      while (!answers.endsWith('}')) await once(socket, 'data');
      expect(answers).toMatch(/^HTTP\/1.1 401 /);
      answers = '';
      socket.write('x'.repeat(size));
      // Not before the next answer is it certain that all of the body has come.
      socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
      while (!answers.endsWith('}')) await once(socket, 'data');
      answers = '';
    };
    // The next answer may be there before what was held of the body has been read.
    const isRead = async () => {
      while (Object.hasOwn(served, 'destroySoon')) await wait(5);
      return listeners();
    };
    await refuse();
    const after = await isRead();
    for (let n = 0; n < 12; n += 1) await refuse();
    expect(await isRead()).toEqual(after);
    socket.destroy();
  });

  it('listens no more to its connection when many are refused one behind the other', async () => {
    const accepted = once(app.app.getHttpServer(), 'connection');
    const socket = connect(port, '127.0.0.1');
    const [served] = (await accepted) as [Socket];
    const most = { listeners: 0 };
    served.on('newListener', () => {
      most.listeners = Math.max(most.listeners, served.listenerCount('close') + 1);
    });
    const head = 'PATCH /api/users/x HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n';
    socket.write(`${head}${'x'.repeat(20_000)}`.repeat(20));
    let answers = '';
    socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
    while (answers.split('HTTP/1.1 401 ').length <= 20) await once(socket, 'data');
    socket.destroy();
    // More than ten are a warning of Node, which anybody could fill the log with.
    expect(most.listeners).toBeLessThanOrEqual(10);
  });

  it('leaves its connection usable', async () => {
    const answers: string[] = [];
    await new Promise<void>((done) => {
      const body = JSON.stringify({ name: 'x'.repeat(2_000_000) });
      const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(
          `PATCH /api/users/${id} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`,
        );
        socket.end(`GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      });
      socket.on('data', (chunk: Buffer) => answers.push(chunk.toString()));
      socket.on('close', () => done());
    });
    expect(answers.join('').match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });
});

describe('Expect: 100-continue', () => {
  /** Sends the head and reads until there is a 100, which the body follows, and until the end. */
  const patch = async (length: number, bearer: string, header = '') => {
    const head =
      `PATCH /api/users/${id} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n${header}` +
      `Authorization: Bearer ${bearer}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${length}\r\n\r\n`;
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      if (answer.endsWith(' 100 Continue\r\n\r\n')) socket.write('{}');
    });
    await once(socket, 'close');
    return answer;
  };

  it('is met when the body is about to be read', async () => {
    expect(await patch(2, token, 'Connection: close\r\n')).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /,
    );
  });

  it.each([
    ['too large', 2_000_000, () => token, 413],
    ['of nobody', 2, () => 'x', 401],
  ])('is answered at once when the body is not wanted: %s', async (_, length, bearer, status) => {
    expect(await patch(length, bearer())).toMatch(
      new RegExp(`^HTTP/1.1 ${status} [^]*connection: close`, 'i'),
    );
  });
});

describe('behind a proxy with a prefix', () => {
  it('Link and Location lead back through it', async () => {
    const proxy = createServer((incoming, outgoing) => {
      const path = (incoming.url ?? '').replace(/^\/some\/prefix/, '');
      const { method, headers } = incoming;
      const forwarded = httpRequest(
        { port, host: '127.0.0.1', path, method, headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        },
      );
      incoming.pipe(forwarded);
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/some/prefix`;
    const call = (url: string, method = 'GET', body?: object) =>
      fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    const made = await call(`${base}/api/users`, 'POST', { id: `a/b?c${unique()}` });
    const location = new URL(made.headers.get('location') ?? '', made.url).href;
    expect(location).toMatch(new RegExp(`^${base}/api/users/a%2Fb%3Fc`));
    expect((await call(location)).status).toBe(200);
    await call(location, 'PATCH', { name: 'x' });
    const hook = await call(`${base}/api/hooks`, 'POST', { url: 'https://example.com/x' });
    const hookUrl = new URL(hook.headers.get('location') ?? '', hook.url).href;
    expect((await call(hookUrl)).status).toBe(200);
    for (const url of [
      `${base}/api/users?page_size=1`,
      `${base}/api/users?page_size=1&cursor=`,
      `${base}/api/events?limit=1`,
      `${location}/events?limit=1`,
    ]) {
      const page = await call(url);
      const next = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      const followed = new URL(next ?? 'nowhere', page.url);
      expect(followed.pathname).toBe(new URL(url).pathname);
      expect((await call(followed.href)).status).toBe(200);
    }
    proxy.closeAllConnections();
    proxy.close();
  });

  it('an event stream is not held back', async () => {
    const gone = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/api/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal: gone.signal,
    });
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.headers.get('cache-control')).toBe('no-store, no-transform');
    gone.abort();
  });
});
