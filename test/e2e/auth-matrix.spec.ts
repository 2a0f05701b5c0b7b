import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { recordedRoutes } from '../../src/http/allowed-methods.js';
import { openApiDocument } from '../../src/openapi/document.js';
import { BAD_CALLERS } from '../support/bad-callers.js';
import { MANAGEMENT_AUDIENCE, USER_AUDIENCE } from '../support/test-issuer.js';
import type { TestApp } from '../support/test-app.js';
import {
  insertTenant,
  OPERATOR_AUDIENCE,
  OPERATOR_HOST,
  TestOperator,
} from '../support/tenants.js';
import { insertUser } from '../support/users.js';

let app: TestApp;
let routes: { method: string; url: string; kind: Kind }[];
let document: OpenAPIObject;
let userId: string;

type Kind = 'user' | 'management' | 'operator' | 'public';

/** Routes of Swagger UI, which are not the API's. */
/** `/` leads there. */
const isDocumentation = (url: string) =>
  url.startsWith('/docs') || ['/openapi.json', '/'].includes(url);

/** Has a token of its own, or none: test/e2e/metrics.spec.ts. */
const isMetrics = (url: string) => url === '/metrics';

beforeAll(async () => {
  const audiences = {
    AUTH_USER_AUDIENCE: USER_AUDIENCE,
    AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
  };
  app = (await TestOperator.start(audiences)).app;
  await insertTenant(app, 'default', 'localhost');
  document = openApiDocument(app.app);
  userId = await insertUser(app);
  routes = recordedRoutes(app.app.getHttpAdapter().getInstance())
    .filter(({ url }) => !isDocumentation(url) && !isMetrics(url))
    .flatMap(({ url, methods }) => methods.map((method) => ({ method, url, kind: kindOf(url) })));
});
afterAll(() => app.stop());

function kindOf(url: string): Kind {
  if (url.startsWith('/health/')) return 'public';
  if (url.startsWith('/api/tenants')) return 'operator';
  return url.startsWith('/api/profile') ? 'user' : 'management';
}

const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;

const AUDIENCES = {
  user: USER_AUDIENCE,
  management: MANAGEMENT_AUDIENCE,
  operator: OPERATOR_AUDIENCE,
};
const KINDS = ['user', 'management', 'operator'] as const;
const SCOPES = { user: 'profile', management: 'all', operator: 'tenants:manage' };

const goodClaims = (kind: Exclude<Kind, 'public'>) => ({
  sub: kind === 'user' ? userId : 'test-client',
  aud: AUDIENCES[kind],
  scope: SCOPES[kind],
});

const good = (kind: Kind, claims = {}) =>
  app.issuer.sign({
    ...goodClaims(kind as 'user'),
    ...claims,
  });

/** A wrong caller's header, made of what would be right. */
const bad = (caller: string, kind: Exclude<Kind, 'public'>) =>
  BAD_CALLERS[caller]?.({
    issuer: app.issuer,
    claims: goodClaims(kind),
    others: KINDS.filter((other) => other !== kind).map(goodClaims),
  });

const call = (method: string, url: string, authorization: string | undefined) =>
  app.call({
    method,
    url: url.replace(':userId', userId).replace(/:\w+/g, 'x'),
    headers: {
      host: url.startsWith('/api/tenants') ? OPERATOR_HOST : 'localhost',
      ...(authorization !== undefined && { authorization }),
    },
    // A body that would be refused: the caller must not get as far.
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: '{"name":' }),
  });

describe('every route that is not public', () => {
  it.each(Object.keys(BAD_CALLERS))('answers 401 to %s and changes nothing', async (caller) => {
    const before = await app.row(userId);
    const closed = routes.filter(({ kind }) => kind !== 'public');
    expect(closed.length).toBeGreaterThanOrEqual(8);
    for (const { method, url, kind } of closed) {
      const answer = await call(method, url, await bad(caller, kind as 'user'));
      expect(`${method} ${url} ${answer.status}`).toBe(`${method} ${url} 401`);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      expect(answer.headers['content-type']).toContain('application/problem+json');
      if (method !== 'HEAD')
        expect(answer.json.code).toMatch(/^auth\.(unauthorized|authorization_)/);
    }
    expect(await app.row(userId)).toBe(before);
  });

  it('answers 403 and names the scope when the token has another one', async () => {
    const before = await app.row(userId);
    for (const { method, url, kind } of routes.filter((route) => route.kind !== 'public')) {
      const token = await good(kind, { scope: 'email openid users:other', permissions: ['x'] });
      const answer = await call(method, url, `Bearer ${token}`);
      expect(`${method} ${url} ${answer.status}`).toBe(`${method} ${url} 403`);
      const [, scope] =
        /error="insufficient_scope", scope="(.+)"/.exec(answer.headers['www-authenticate'] ?? '') ??
        [];
      expect(scope).toBeDefined();
      if (method !== 'HEAD') {
        expect(answer.json.code).toBe('auth.forbidden');
        expect(answer.json.detail).toContain(scope);
        expect(scope).toMatch(kind === 'user' ? /^profile$/ : /^(users|events|hooks|tenants):\w+$/);
      }
    }
    expect(await app.row(userId)).toBe(before);
  });

  it('is one of the API document, with the security scheme of its audience', () => {
    for (const { method, url, kind } of routes.filter((route) => route.method !== 'HEAD')) {
      const path = document.paths[url.replace(/:(\w+)/g, '{$1}')];
      const operation = path?.[method.toLowerCase() as 'get'];
      expect(`${method} ${url} ${JSON.stringify(operation?.security)}`).toBe(
        `${method} ${url} ${kind === 'public' ? '[]' : `[{"${kind}Token":[]}]`}`,
      );
    }
  });
});

describe('a good token', () => {
  it.each([
    ['scope as a string', { scope: 'openid users:read' }],
    ['scp as a string', { scope: undefined, scp: 'users:read openid' }],
    ['scp as an array', { scope: undefined, scp: ['users:read'] }],
    ['permissions', { scope: undefined, permissions: ['users:read'] }],
    ['one of several audiences', { aud: ['urn:other', MANAGEMENT_AUDIENCE] }],
    ['nbf and iat a little ahead', { nbf: seconds(3), iat: seconds(3) }],
  ])('is accepted with %s', async (_, claims) => {
    const token = await good('management', claims);
    expect((await call('GET', '/api/users/:userId', `Bearer ${token}`)).status).toBe(200);
  });

  it.each(['bearer', 'BEARER', 'BeArEr'])('is accepted behind the scheme word %s', async (word) => {
    const token = await good('user');
    expect((await call('GET', '/api/profile', `${word} ${token}`)).status).toBe(200);
  });

  it.each([
    ['GET', 'users:read'],
    ['PATCH', 'users:write'],
    ['DELETE', 'users:delete'],
  ])('with only the narrow scope may %s with %s and nothing else', async (method, scope) => {
    const token = await good('management', { scope });
    const created = await call('POST', '/api/users', `Bearer ${token}`);
    expect(created.status === 403).toBe(scope !== 'users:write');
    for (const other of ['GET', 'PATCH', 'DELETE']) {
      const { status } = await call(other, '/api/users/nobody', `Bearer ${token}`);
      expect(status === 403).toBe(other !== method);
    }
  });

  it('from the cache still counts for one audience only', async () => {
    const token = await good('management');
    expect((await call('GET', '/api/users/:userId', `Bearer ${token}`)).status).toBe(200);
    expect((await call('GET', '/api/profile', `Bearer ${token}`)).status).toBe(401);
  });

  it('stops counting when it expires, although it is in the cache', async () => {
    const token = await good('user', { exp: seconds(2) });
    expect((await call('GET', '/api/profile', `Bearer ${token}`)).status).toBe(200);
    await new Promise((done) => setTimeout(done, 2100));
    expect((await call('GET', '/api/profile', `Bearer ${token}`)).status).toBe(401);
  });
});

describe.each([
  '/api//profile',
  '//api/profile',
  '/api/%70rofile',
  '/api/profile/',
  '/API/PROFILE',
  '/api/profile;a=b',
  '/api/%2e%2e/api/profile',
  `/api/users%2Fx`,
])('the path %s', (url) => {
  it('does not lead past the token guard', async () => {
    const { status } = await app.call({ method: 'GET', url });
    expect([401, 404]).toContain(status);
  });
});
