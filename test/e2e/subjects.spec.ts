import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, TestApp } from '../support/test-app.js';
import { unique } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start({ SELF_SERVICE_PROVISIONING: 'on' });
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());

const call = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url, token, body, headers });

/** As identity providers give them, each followed by something that no other test has. */
const SUBJECTS = [
  'aGVsbG8/d29ybGQ+Zm9v/YmFyPT0=',
  'https://login.salesforce.com/id/00Dx0000000/005x?a=1#b',
  'f:8a9d0f9e-1b6f:jane+test',
  "o'neil",
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'DOMAIN\\jane',
  'a%2Fb%00c',
  '../../etc/passwd',
  '..a',
  'jane;drop=1&x=y',
  '"quoted"',
  '{id}:*',
  '~!@#$%^&*()_+`-=[]{}|;:,.<>/?',
  'x'.repeat(240),
];

describe.each(SUBJECTS)('the subject %s', (subject) => {
  const id = subject + unique('');
  const path = encodeURIComponent(id);

  it('can be a user on every route', async () => {
    const made = await call('POST', '/api/users', { id });
    expect(made.status).toBe(201);
    expect(made.json.id).toBe(id);
    const own = await app.issuer.userToken(id);
    const answers: Answer[] = [
      await app.call({ method: 'GET', url: '/api/profile', token: own }),
      await app.call({ method: 'PATCH', url: '/api/profile', token: own, body: { name: 'x' } }),
      await call('GET', `/api/users/${path}`),
      await call('PATCH', `/api/users/${path}`, { name: 'y' }, { 'idempotency-key': unique() }),
      await call('PATCH', `/api/users/${path}?dryRun=true`, { name: 'z' }),
      await call('PATCH', `/api/users/${path}/custom-data`, { customData: { a: 1 } }),
      await call('PUT', `/api/users/${path}/identities/github`, { userId: id }),
      await call('GET', `/api/users/${path}/has-password`),
      await call('GET', `/api/users/${path}/events`),
    ];
    for (const { status } of answers) expect([200, 201]).toContain(status);
    const found = await call('GET', `/api/users?search.id=${path}&mode.id=exact`);
    expect(found.text).toContain(JSON.stringify(id));
    const feed = await call('GET', '/api/events?limit=1000');
    expect(feed.text).toContain(`"subject":${JSON.stringify(id)}`);
    expect((await call('DELETE', `/api/users/${path}?erase=true`)).status).toBe(204);
    expect((await call('GET', `/api/users/${path}`)).status).toBe(404);
  });

  it('is led to by Location, and walked over by a cursor', async () => {
    const made = await call('POST', '/api/users', { id });
    const location = new URL(made.headers['location'] ?? '', 'http://x/api/users').pathname;
    expect((await call('GET', location)).json.id).toBe(id);
    const link = (await call('GET', '/api/users?cursor=&page_size=1')).headers['link'] ?? '';
    const next = new URL(/<([^>]*)>/.exec(link)?.[1] ?? '', 'http://x/api/users');
    expect((await call('GET', next.pathname + next.search)).status).toBe(200);
  });

  it('is provisioned', async () => {
    const own = await app.issuer.userToken(`${id}p`);
    const answer = await app.call({ method: 'GET', url: '/api/profile', token: own });
    expect(answer.json.id).toBe(`${id}p`);
  });
});

describe('what can be no subject', () => {
  it.each(['', '.', '..', 'a b', 'ä', 'a\u0000', 'a\n', '\u200b', 'x'.repeat(256), '\u007f'])(
    'is refused as an id: %j',
    async (id) => {
      const answer = await call('POST', '/api/users', { id });
      expect([answer.status, answer.json.errors[0].pointer]).toEqual([400, '/id']);
    },
  );

  it('is 404 in a path', async () => {
    for (const id of ['a%20b', '%C3%A4', 'x'.repeat(256)])
      expect((await call('GET', `/api/users/${id}`)).json.code).toBe('entity.not_found');
  });
});

describe.each(['identities', 'sso-identities'])('a name of %s', (kind) => {
  const body = () =>
    kind === 'identities' ? { userId: unique() } : { issuer: unique(), identityId: unique() };

  it.each(
    [
      'https://idp.example.com/saml2/metadata?tenant=1',
      'social:google',
      '企业微信',
      'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      'Ünï–cødé',
      '👍🏽'.repeat(64),
      "o'neil & sons",
      '...',
    ].filter((name) => !name.includes(' ')),
  )('may be %s', async (name) => {
    const { json } = await call('POST', '/api/users', {});
    const url = `/api/users/${json.id}/${kind}/${encodeURIComponent(name)}`;
    const put = await call('PUT', url, body());
    expect(put.status).toBe(201);
    expect(put.text).toContain(JSON.stringify(name));
    expect((await call('PUT', url, body())).status).toBe(200);
    expect((await call('DELETE', url)).status).toBe(200);
    expect((await call('DELETE', url)).status).toBe(404);
  });

  it.each([
    '.',
    '..',
    ' ',
    'a b',
    'a\u200bb',
    '\u202e',
    '\ue000',
    'a\u0000',
    '\ufeff',
    'x'.repeat(129),
  ])('is not %j', async (name) => {
    const { json } = await call('POST', '/api/users', {});
    const encoded = encodeURIComponent(name).replaceAll('.', '%2E');
    const put = await call('PUT', `/api/users/${json.id}/${kind}/${encoded}`, body());
    expect([400, 404]).toContain(put.status);
    expect((await call('GET', `/api/users/${json.id}`)).json).toMatchObject({
      identities: {},
      ssoIdentities: [],
    });
  });
});
