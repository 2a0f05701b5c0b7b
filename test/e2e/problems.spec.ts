import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERROR_CODES, type ErrorCode } from '../../src/errors/error-codes.js';
import { type Call, TestApp } from '../support/test-app.js';
import { insertHook } from '../support/hooks.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
let id: string;
let port: number;
beforeAll(async () => {
  app = await TestApp.start({ SECRETS_KEY: '' });
  token = await app.issuer.managementToken();
  id = await insertUser(app, { username: 'taken', username_key: 'taken' });
  await insertUser(app, {
    primary_email: 'a@b.cd',
    primary_email_key: 'a@b.cd',
    primary_phone: '61433333333',
  });
  await app.app.listen(0, '127.0.0.1');
  port = Number(new URL(await app.app.getUrl()).port);
});
afterAll(() => app.stop());

const patch = (body: unknown, headers?: Record<string, string>): Call => ({
  method: 'PATCH',
  url: `/api/users/${id}`,
  token,
  body,
  headers,
});

/** What provokes each code over HTTP; those that need more have a test of their own. */
const provoked: Partial<Record<ErrorCode, () => Promise<Call> | Call>> = {
  'guard.invalid_input': () => patch({ nope: 1 }),
  'guard.invalid_json': () => patch('{'),
  'request.invalid_header': () => patch({}, { 'if-match': '7' }),
  'request.malformed': () => ({ method: 'GET', url: '/api/users/%zz', token }),
  'auth.authorization_header_missing': () => ({ method: 'GET', url: '/api/profile' }),
  'auth.authorization_token_type_not_supported': () => ({
    method: 'GET',
    url: '/api/profile',
    headers: { authorization: 'Basic dTpw' },
  }),
  'auth.unauthorized': () => ({ method: 'GET', url: '/api/profile', token }),
  'auth.forbidden': async () => ({
    method: 'GET',
    url: '/api/profile',
    token: await app.issuer.userToken(id, { scope: 'email' }),
  }),
  'user.suspended': async () => ({
    method: 'GET',
    url: '/api/profile',
    token: await app.issuer.userToken(await insertUser(app, { is_suspended: true })),
  }),
  'entity.not_found': () => ({ method: 'GET', url: '/api/users/nobody', token }),
  'request.route_not_found': () => ({ method: 'GET', url: '/api/nothing', token }),
  'request.method_not_allowed': () => ({ method: 'PUT', url: '/api/profile', token }),
  'event.expired': async () => {
    for (let n = 0; n < 2; n += 1) await app.call(patch({ name: unique() }));
    await app.call({ method: 'GET', url: '/api/events', token });
    await app.database.client.query('UPDATE user_event_sequences SET pruned = last');
    return { method: 'GET', url: '/api/events?after=1', token };
  },
  'request.precondition_failed': () => patch({ name: 'x' }, { 'if-match': '"99"' }),
  'request.expectation_failed': () => patch({}, { expect: 'a miracle' }),
  'request.transfer_coding_not_supported': () =>
    patch({}, { 'transfer-encoding': 'gzip, chunked' }),
  'request.body_too_large': () => patch({ customData: { a: 'x'.repeat(1_048_576) } }),
  'request.unsupported_media_type': () => patch('x', { 'content-type': 'text/plain' }),
  'user.username_already_in_use': async () => ({
    ...patch({ username: 'TAKEN' }),
    url: `/api/users/${await insertUser(app)}`,
  }),
  'user.email_already_in_use': () => patch({ primaryEmail: 'A@B.cd' }),
  'user.phone_already_in_use': () => patch({ primaryPhone: '61433333333' }),
  'user.id_already_in_use': () => ({ method: 'POST', url: '/api/users', token, body: { id } }),
  'user.invalid_phone': () => patch({ primaryPhone: '1' }),
  'user.identity_already_in_use': async () => {
    const url = (user: string) => `/api/users/${user}/identities/github`;
    const body = { userId: unique() };
    await app.call({ method: 'PUT', url: url(id), token, body });
    return { method: 'PUT', url: url(await insertUser(app)), token, body };
  },
  'hook.too_many': async () => {
    for (let n = 0; n < 100; n += 1) await insertHook(app);
    return { method: 'POST', url: '/api/hooks', token, body: { url: 'https://example.com' } };
  },
  'hook.not_configured': async () => ({
    method: 'POST',
    url: `/api/hooks/${await insertHook(app)}/rotate-secret`,
    token,
  }),
  'session.invalid_credentials': () => ({
    method: 'POST',
    url: `/api/users/${id}/password/verify`,
    token,
    body: { password: 'wrong' },
  }),
  'request.idempotency_key_mismatch': async () => {
    const headers = { 'idempotency-key': unique() };
    await app.call(patch({ name: 'x' }, headers));
    return patch({ name: 'y' }, headers);
  },
  'user.custom_data_too_large': () => patch({ customData: { a: 'x'.repeat(70_000) } }),
};

/** request.timeout takes 30 s to provoke; its answer comes from the same function as 431. */
const elsewhere: ErrorCode[] = [
  // In idempotency.spec.ts, as it needs a request that still runs.
  'request.idempotency_key_in_use',
  // In limits.spec.ts, as it needs limits that are met.
  'request.rate_limited',
  // In tenants.spec.ts and tenant-hosts.spec.ts, as they need hosts of tenants.
  'request.unknown_host',
  'tenant.suspended',
  'tenant.id_already_in_use',
  'tenant.host_already_in_use',
  'tenant.issuer_already_in_use',
  'tenant.in_use',
  'request.timeout',
  'request.header_fields_too_large',
  'service.internal_error',
  'service.unavailable',
];

function expectProblem(text: string, code: ErrorCode): void {
  const { status, title } = ERROR_CODES[code];
  const problem = JSON.parse(text) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: `urn:nameplate:problem:${code}`, title, status, code });
  expect(problem['message']).toBe(problem['detail']);
  expect(problem['instance']).toMatch(/^[\w-]{1,64}$/);
}

describe('every problem', () => {
  it('is provoked by a test', () => {
    expect([...Object.keys(provoked), ...elsewhere].sort()).toEqual(
      Object.keys(ERROR_CODES).sort(),
    );
  });

  it.each(Object.keys(provoked) as ErrorCode[])('%s is an RFC 9457 document', async (code) => {
    const call = await provoked[code]?.();
    const answer = await app.call(call as Call);
    expect(answer.json.code).toBe(code);
    expect(answer.status).toBe(ERROR_CODES[code].status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['x-request-id']).toBe(answer.json.instance);
    expectProblem(answer.text, code);
  });

  it('and every good answer has the request id in its header', async () => {
    const headers = { 'x-request-id': 'good-1' };
    const answer = await app.call({ method: 'GET', url: `/api/users/${id}`, token, headers });
    expect(answer.headers['x-request-id']).toBe('good-1');
    const long = { 'x-request-id': 'x'.repeat(65) };
    const other = await app.call({ method: 'GET', url: '/health/live', headers: long });
    expect(other.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('carries the request id of the caller, when that is fit to be one', async () => {
    const call = (requestId: string) =>
      app.call({ method: 'GET', url: '/nope', headers: { 'x-request-id': requestId } });
    expect((await call('abc-123')).json.instance).toBe('abc-123');
    expect((await call('a b"<script>')).json.instance).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('405', () => {
  it.each([
    ['PUT', '/api/profile', 'GET, HEAD, PATCH'],
    ['DELETE', '/api/profile', 'GET, HEAD, PATCH'],
    ['OPTIONS', '/api/profile', 'GET, HEAD, PATCH'],
    ['PUT', '/api/users/x', 'DELETE, GET, HEAD, PATCH'],
    ['PUT', '/api/profile?a=1', 'GET, HEAD, PATCH'],
    ['PATCH', '/api/users', 'GET, HEAD, POST'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('%s %s allows %s', async (method, url, allow) => {
    const answer = await app.call({ method, url });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
  });
});

describe('an unknown query parameter', () => {
  it.each([
    ['GET', '/health/live'],
    ['GET', '/api/users/x'],
    ['DELETE', '/api/users/x'],
    ['PATCH', '/api/users/x'],
    ['POST', '/api/users'],
  ])('is 400 on %s %s, and is named', async (method, url) => {
    const body = method === 'PATCH' || method === 'POST' ? {} : undefined;
    const answer = await app.call({ method, url: `${url}?verbose=1&a=2`, token, body });
    expect(answer.status).toBe(400);
    expect(answer.json.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      '/verbose',
      '/a',
    ]);
  });
});

describe('what the HTTP parser refuses', () => {
  const send = (text: string) =>
    new Promise<string>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString())).on('close', () => done(answer));
    });

  it('because its headers are too large is a 431 problem', async () => {
    const answer = await send(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('Content-Type: application/problem+json');
    expectProblem(answer.split('\r\n\r\n')[1] ?? '', 'request.header_fields_too_large');
  });

  it('because it is not HTTP is a 400 problem', async () => {
    const answer = await send('NOT HTTP\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expectProblem(answer.split('\r\n\r\n')[1] ?? '', 'request.malformed');
    const { instance } = JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as { instance: string };
    expect(answer).toContain(`X-Request-Id: ${instance}`);
    expect(app.log.join('')).toContain(instance);
  });
});

describe('an unexpected error', () => {
  it('says nothing about the inside', async () => {
    await app.database.client.query(`ALTER TABLE users RENAME COLUMN avatar TO picture`);
    const answer = await app.call({ method: 'GET', url: `/api/users/${id}`, token });
    await app.database.client.query(`ALTER TABLE users RENAME COLUMN picture TO avatar`);
    expect(answer.status).toBe(500);
    expectProblem(answer.text, 'service.internal_error');
    expect(answer.text).not.toMatch(/avatar|column|SELECT|users|Error:/);
    expect(app.log.join('')).toContain('"sqlstate":"42703"');
  });
});

describe('the documentation', () => {
  it.each(['/docs/../nothing', '/docs/%00', '/docs//x', '/docs/%2e%2e/x', '/docs/nothing'])(
    'answers a path that it has not with 4xx: %s',
    async (url) => {
      const { status, headers } = await app.call({ method: 'GET', url });
      expect([400, 404]).toContain(status);
      expect(headers['content-type']).toContain('application/problem+json');
    },
  );
});

describe('the database', () => {
  it.each([
    ['read-only', `SET default_transaction_read_only = on`],
    ['too slow for its own limits', `SET statement_timeout = 1`],
  ])('being %s is 503, not 500', async (_, setting) => {
    const { client, name } = app.database;
    await client.query(`ALTER DATABASE ${name} ${setting}`);
    await app.database.disconnectOthers();
    await client.query('BEGIN');
    await client.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
      id,
    ]);
    const answer = await app.call(patch({ name: unique() }));
    const ready = await app.call({ method: 'GET', url: '/health/ready' });
    await client.query('ROLLBACK');
    await client.query(`ALTER DATABASE ${name} RESET ALL`);
    await app.database.disconnectOthers();
    expect(answer.status).toBe(503);
    if (setting.includes('read_only')) expect(ready.status).toBe(503);
    expect((await app.call(patch({ name: unique() }))).status).toBe(200);
  });
});

describe('connections that are cut again and again under load', () => {
  it('are 200 or 503, and never the end of the process', async () => {
    const { client, name } = app.database;
    const until = Date.now() + 2_000;
    const writers = Array.from({ length: 20 }, async (_, index) => {
      while (Date.now() < until) {
        const headers: Record<string, string> =
          index % 2 === 0 ? { 'idempotency-key': unique() } : {};
        const { status } = await app.call(patch({ name: unique() }, headers));
        expect([200, 503]).toContain(status);
      }
    });
    while (Date.now() < until) {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = $1 AND pid <> pg_backend_pid()`,
        [name],
      );
      await sleep(25);
    }
    await Promise.all(writers);
    await app.database.disconnectOthers();
    expect((await app.call(patch({ name: unique() }))).status).toBe(200);
  });
});

describe('the database being away', () => {
  it('is 503 with Retry-After, not ready, alive, and over when it is back', async () => {
    const server = app.database;
    const get = () => app.call({ method: 'GET', url: `/api/users/${unique()}`, token });
    expect((await get()).status).toBe(404);
    await server.allowConnections(false);
    await server.disconnectOthers();
    const answers = await Promise.all(Array.from({ length: 30 }, get));
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expectProblem(answer.text, 'service.unavailable');
    }
    expect((await app.call({ method: 'GET', url: '/health/ready' })).status).toBe(503);
    expect((await app.call({ method: 'GET', url: '/health/live' })).status).toBe(200);
    await server.allowConnections(true);
    expect((await get()).status).toBe(404);
    expect((await app.call({ method: 'GET', url: '/health/ready' })).status).toBe(200);
  });
});
