import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../support/receiver.js';
import { RawSocket, statuses } from '../support/raw-socket.js';
import { TestApp } from '../support/test-app.js';
import { insertTenant, TestOperator } from '../support/tenants.js';
import { unique } from '../support/users.js';

let operator: TestOperator;
let app: TestApp;
beforeAll(async () => {
  operator = await TestOperator.start({ TENANT_HOSTS: '*.users.test, *.localhost' });
  app = operator.app;
  await insertTenant(app, 'acme', 'users.acme.test', 'xn--bcher-kva.test');
});
afterAll(() => app.stop());

/** A request without a token: 401 says that the host has a tenant. */
const get = (headers: Record<string, string>, of = app, url = '/api/users') =>
  of.call({ method: 'GET', url, headers });

describe('a host', () => {
  it.each([
    ...['acme.users.test', 'ACME.Users.Test', 'acme.users.test.', 'acme.users.test:8443'],
    ...['acme.localhost:3000', 'users.acme.test', 'Users.Acme.test.:1', 'b%C3%BCcher.test'],
  ])('%s is that of a tenant', async (host) => {
    expect((await get({ host })).json.code).toBe('auth.authorization_header_missing');
  });

  it.each([
    ...[
      'localhost',
      'users.test',
      'other.users.test',
      'a.acme.users.test',
      'acme.users.test.x.test',
    ],
    ...['acme.users.testx', 'acme_.users.test', '*.users.test', '-.localhost', 'acme', '127.0.0.1'],
    ...[
      '[::1]',
      `${'a'.repeat(64)}.users.test`,
      'x.users.acme.test',
      'acme.users.test:99999',
      '..',
    ],
  ])('%s is nobody’s: 404, whatever is asked', async (host) => {
    for (const url of ['/api/users', '/api/profile', '/api/hooks/x', '/api/events'])
      for (const method of ['GET', 'PATCH']) {
        const token = await app.issuer.managementToken();
        const answer = await app.call({ method, url, token, headers: { host } });
        if (answer.status !== 405)
          expect(answer.json).toMatchObject({
            status: 404,
            code: expect.stringMatching(/^request\.(unknown_host|route_not_found)$/),
          });
      }
    expect((await get({ host }, app, '/api/users')).json.code).toBe('request.unknown_host');
  });

  it('does not matter to what is public', async () => {
    for (const url of ['/health/live', '/health/ready', '/docs', '/openapi.json'])
      expect((await get({ host: 'nobody.test' }, app, url)).status).toBe(200);
  });
});

describe('an odd request', () => {
  beforeAll(async () => {
    await app.app.listen(0, '127.0.0.1');
  });
  const send = async (head: string) => {
    const socket = RawSocket.open(app).send(`${head}Connection: close\r\n\r\n`);
    return statuses(await socket.closed);
  };

  it.each([
    ['GET /api/users HTTP/1.0\r\n', 404],
    ['GET /api/users HTTP/1.1\r\nHost: acme.users.test\r\n', 401],
    ['GET http://acme.users.test/api/users HTTP/1.1\r\nHost: nobody.test\r\n', 401],
    ['GET http://nobody.test/api/users HTTP/1.1\r\nHost: acme.users.test\r\n', 404],
    ['GET /api/users HTTP/1.1\r\nHost: acme.users.test\r\nHost: nobody.test\r\n', 400],
    ['GET /api/users HTTP/1.1\r\nHost: acme.users.test, nobody.test\r\n', 400],
    ['GET /api/users HTTP/1.1\r\nHost: acme.users.test%00\r\n', 404],
    ['GET /api/users HTTP/1.1\r\nHost: %2e%2e\r\n', 404],
    ['GET /api/users HTTP/1.1\r\nHost: a@acme.users.test\r\n', 400],
    ['GET /api/users HTTP/1.1\r\nHost:\r\n', 400],
    [`GET /api/users HTTP/1.1\r\nHost: ${'a'.repeat(8_000)}.users.test\r\n`, 404],
  ])('%j is %d', async (head, status) => {
    expect(await send(head)).toEqual([status]);
  });
});

describe('a forwarded host', () => {
  const forwarded = { host: 'proxy.test', 'x-forwarded-host': 'acme.users.test' };

  it('counts only where the setting says so', async () => {
    expect((await get(forwarded)).json.code).toBe('request.unknown_host');
    const both = { host: 'acme.users.test', 'x-forwarded-host': 'nobody.users.test' };
    expect((await get(both)).status).toBe(401);
  });

  it('stands above Host then, and is one host or none', async () => {
    const { app: behind } = await TestOperator.start(
      { TENANT_HOST_HEADER: 'X-Forwarded-Host' },
      app,
    );
    expect((await get(forwarded, behind)).status).toBe(401);
    expect((await get({ host: 'acme.users.test' }, behind)).status).toBe(401);
    for (const value of [
      'nobody.users.test',
      'acme.users.test, nobody.test',
      'acme.users.test/x',
      '',
    ])
      expect(
        (await get({ host: 'acme.users.test', 'x-forwarded-host': value }, behind)).json.code,
      ).toBe('request.unknown_host');
    await behind.stop();
  });
});

describe('a tenant', () => {
  it('that is suspended is 403 on every instance soon, and back when it is resumed', async () => {
    const { app: other } = await TestOperator.start({}, app);
    const [id, own] = [unique('t'), `${unique()}.test`];
    expect((await operator.call('POST', '', { id, hosts: [own] })).json).toMatchObject({ id });
    const codes = async () =>
      Promise.all(
        [app, other].flatMap((instance) =>
          [own, `${id}.users.test`].map(
            async (host) => (await get({ host }, instance)).json.code as string,
          ),
        ),
      );
    expect(new Set(await codes())).toEqual(new Set(['auth.authorization_header_missing']));
    for (const [isSuspended, code] of [
      [true, 'tenant.suspended'],
      [false, 'auth.authorization_header_missing'],
    ] as const) {
      await operator.call('PATCH', `/${id}`, { isSuspended });
      await until(async () => (await codes()).every((found) => found === code), 20_000);
      expect(new Set(await codes())).toEqual(new Set([code]));
    }
    await other.stop();
  });

  it('is there soon after its host was asked for in vain', async () => {
    const [id, own] = [unique('t'), `${unique()}.test`];
    for (const host of [own, `${id}.users.test`])
      expect((await get({ host })).json.code).toBe('request.unknown_host');
    expect((await operator.call('POST', '', { id, hosts: [own] })).json).toMatchObject({ id });
    for (const host of [own, `${id}.users.test`]) {
      await until(async () => (await get({ host })).status === 401, 20_000);
      expect((await get({ host })).status).toBe(401);
    }
  });

  it('is looked up once by all who ask at the same time', async () => {
    const host = `${unique()}.users.test`;
    const asked = await Promise.all(Array.from({ length: 50 }, () => get({ host })));
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([404]));
  });

  it('that cannot be looked up is 503, and an answer again when it can', async () => {
    const host = `${unique()}.users.test`;
    await app.database.allowConnections(false);
    await app.database.disconnectOthers();
    const away = await get({ host });
    expect(away.json.code).toBe('service.unavailable');
    expect(away.headers['retry-after']).toBeDefined();
    await app.database.allowConnections(true);
    await until(async () => (await get({ host })).status === 404, 20_000);
    expect((await get({ host })).json.code).toBe('request.unknown_host');
  });
});

it('does not start when other settings would make two tenants alike', async () => {
  await insertTenant(app, 'zeta');
  const start = (issuer: string, more: object = {}) =>
    TestApp.start({ TENANT_HOSTS: '*.users.test', AUTH_ISSUER: issuer, ...more }, [], app);
  await (await start('https://{tenant}.test')).stop();
  await expect(start('https://all.test')).rejects.toThrow(
    'AUTH_ISSUER: the tenant acme and the tenant zeta would accept the same tokens',
  );
  const audiences = { AUTH_USER_AUDIENCE: 'u:{tenant}', AUTH_MANAGEMENT_AUDIENCE: 'm:{tenant}' };
  await (await start('https://all.test', audiences)).stop();
  // A token without any aud is told by its client alone.
  await expect(start('https://all.test', { ...audiences, AUTH_USER_CLIENTS: 'a' })).rejects.toThrow(
    'would accept the same tokens',
  );
});

it('needs no host where there is one tenant', async () => {
  const single = await TestApp.start({}, [], app);
  await single.app.listen(0, '127.0.0.1');
  for (const host of ['nobody.test', 'acme.users.test', '[::1]:3'])
    expect((await get({ host }, single)).status).toBe(401);
  const socket = RawSocket.open(single).send('GET /api/users HTTP/1.0\r\n\r\n');
  expect(statuses(await socket.closed)).toEqual([401]);
  await single.stop();
});
