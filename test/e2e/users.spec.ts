import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { USER_FIELDS } from '../../src/users/user.dto.js';
import { UPDATE_USER_EXAMPLE } from '../../src/users/user.example.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url: `/api/users${path}`, token, body, headers });
const count = async () =>
  Number((await app.database.client.query('SELECT count(*) FROM users')).rows[0].count);

describe('POST /api/users', () => {
  it("answers 201, Location, ETag and the seed's user object, fields in order", async () => {
    const answer = await call('POST', '', UPDATE_USER_EXAMPLE);
    expect(answer.status).toBe(201);
    expect(answer.json.id).toMatch(/^[0-9a-z]{12}$/);
    expect(answer.headers['location']).toBe(`users/${answer.json.id}`);
    expect(answer.location).toBe(`/api/users/${answer.json.id}`);
    expect(answer.headers['etag']).toBe('"1"');
    expect(Object.keys(answer.json)).toEqual(USER_FIELDS);
    expect(answer.json).toMatchObject(UPDATE_USER_EXAMPLE);
    expect(await call('GET', `/${answer.json.id}`)).toMatchObject({
      status: 200,
      text: answer.text,
    });
  });

  it('takes an empty object: absent values are null, objects {}, ssoIdentities []', async () => {
    const { status, json } = await call('POST', '', {});
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.any(String),
      username: null,
      primaryEmail: null,
      primaryPhone: null,
      name: null,
      avatar: null,
      customData: {},
      identities: {},
      lastSignInAt: null,
      createdAt: expect.any(Number),
      updatedAt: json.createdAt,
      profile: {},
      applicationId: null,
      isSuspended: false,
      hasPassword: false,
      ssoIdentities: [],
    });
    expect(Math.abs(Date.now() - json.createdAt)).toBeLessThan(60_000);
  });

  it.each(['auth0|5f7c', 'A.b_c:d@e-f', '1', 'x'.repeat(128)])('takes the id %s', async (id) => {
    const answer = await call('POST', '', { id });
    expect(answer.status).toBe(201);
    expect(answer.location).toBe(`/api/users/${encodeURIComponent(id)}`);
    expect((await call('GET', `/${encodeURIComponent(id)}`)).json.id).toBe(id);
  });

  it.each([
    ['', 'invalid_format'],
    [null, 'invalid_type'],
    [5, 'invalid_type'],
    ['a b', 'invalid_format'],
    ['a\tb', 'invalid_format'],
    ['.', 'invalid_format'],
    ['..', 'invalid_format'],
    ['ä', 'invalid_format'],
    ['a\n', 'invalid_format'],
    ['x'.repeat(256), 'too_long'],
  ])('refuses the id %j', async (id, code) => {
    const before = await count();
    const answer = await call('POST', '', { id });
    expect(answer.status).toBe(400);
    expect(answer.json.errors).toMatchObject([{ pointer: '/id', code }]);
    expect(await count()).toBe(before);
  });

  it.each([
    ['id', 'user.id_already_in_use', unique()],
    ['username', 'user.username_already_in_use', unique()],
    ['primaryEmail', 'user.email_already_in_use', `${unique()}@example.com`],
    ['primaryPhone', 'user.phone_already_in_use', '61422222222'],
  ])('refuses a %s that is in use (%s)', async (field, code, value) => {
    expect((await call('POST', '', { [field]: value })).status).toBe(201);
    const before = await count();
    const answer = await call('POST', '', { [field]: value });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code, errors: [{ pointer: `/${field}`, code }] });
    expect(await count()).toBe(before);
  });

  it('compares ids exactly', async () => {
    const id = unique('Id');
    expect((await call('POST', '', { id })).status).toBe(201);
    expect((await call('POST', '', { id: id.toLowerCase() })).status).toBe(201);
  });
});

describe('GET /api/users/{userId}', () => {
  it.each(['nobody', '%00', 'a%09b', '%C3%A4', 'x'.repeat(256), '%20', "'", '..%2F'])(
    'answers 404 for %s',
    async (id) => {
      const answer = await call('GET', `/${id}`);
      expect(answer.status).toBe(404);
      expect(answer.json.code).toBe('entity.not_found');
    },
  );

  it('answers a suspended user', async () => {
    const id = await insertUser(app, { is_suspended: true });
    expect((await call('GET', `/${id}`)).json).toMatchObject({ id, isSuspended: true });
  });

  it('answers 400 to a bad percent-escape', async () => {
    expect((await call('GET', '/%zz')).status).toBe(400);
    expect((await call('GET', '/%c3%28')).status).toBe(400);
  });

  it("shows identities and ssoIdentities in the seed's shape, and no other column", async () => {
    const id = await insertUser(app, {
      password_digest: '$argon2id$secret',
      password_algorithm: 'argon2id',
      last_sign_in_at: new Date(1_700_000_000_123),
      application_id: 'app',
    });
    await app.database.client.query(
      `INSERT INTO user_identities VALUES ('default', $1, 'github', '42', '{"login":"ada"}')`,
      [id],
    );
    await app.database.client.query(
      `INSERT INTO user_sso_identities VALUES
         ('default', $1, $1, 'https://idp', '00u', '{"a":1}', 'okta', $2)`,
      [id, new Date(1_600_000_000_456)],
    );
    const { json, text } = await call('GET', `/${id}`);
    expect(json).toMatchObject({
      identities: { github: { userId: '42', details: { login: 'ada' } } },
      lastSignInAt: 1_700_000_000_123,
      applicationId: 'app',
      hasPassword: true,
    });
    expect(json.ssoIdentities).toEqual([
      {
        tenantId: 'default',
        id,
        userId: id,
        issuer: 'https://idp',
        identityId: '00u',
        detail: { a: 1 },
        createdAt: 1_600_000_000_456,
        ssoConnectorId: 'okta',
      },
    ]);
    expect(text).not.toContain('argon2');
    expect((await call('PATCH', `/${id}`, { name: 'After' })).json.ssoIdentities).toEqual(
      json.ssoIdentities,
    );
  });
});

describe('PATCH /api/users/{userId}', () => {
  it('of nothing does not wait for who holds the user', async () => {
    const id = await insertUser(app);
    const { client } = app.database;
    await client.query('BEGIN');
    const held = "SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE";
    await client.query(held, [id]);
    const { status } = await call('PATCH', `/${id}`, {});
    await client.query('ROLLBACK');
    expect(status).toBe(200);
  });
});

describe('another tenant', () => {
  it('is neither read nor deleted, and its identities are not shown', async () => {
    const id = await insertUser(app, { tenant_id: 'other' });
    const before = await app.row(id);
    expect((await call('GET', `/${id}`)).status).toBe(404);
    expect((await call('DELETE', `/${id}`)).status).toBe(404);
    expect((await app.call({ method: 'GET', url: `/api/users?search=${id}`, token })).text).toBe(
      '[]',
    );
    expect(await app.row(id)).toBe(before);
  });
});

describe('a user without identities', () => {
  it('is not shown those of another', async () => {
    const [one, other] = [await insertUser(app), await insertUser(app)];
    await app.database.client.query(
      `INSERT INTO user_identities VALUES ('default', $1, 'x', $1, '{}')`,
      [other],
    );
    await app.database.client.query(
      `INSERT INTO user_sso_identities VALUES ('default', $1, $1, 'i', $1, '{}', 'c', now())`,
      [other],
    );
    expect((await call('GET', `/${one}`)).json).toMatchObject({
      identities: {},
      ssoIdentities: [],
    });
  });
});

describe('DELETE /api/users/{userId}', () => {
  it.each(['%00', 'a%20b', 'x'.repeat(256)])('answers 404 for %s', async (id) => {
    expect((await call('DELETE', `/${id}`)).status).toBe(404);
  });

  it('answers 204 without a body, then 404', async () => {
    const id = await insertUser(app);
    const answer = await call('DELETE', `/${id}`);
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect((await call('DELETE', `/${id}`)).status).toBe(404);
    expect((await call('GET', `/${id}`)).status).toBe(404);
  });

  it('takes the identities along', async () => {
    const id = await insertUser(app);
    await app.database.client.query(
      `INSERT INTO user_identities VALUES ('default', $1, 'gitlab', $1, '{}')`,
      [id],
    );
    expect((await call('DELETE', `/${id}`)).status).toBe(204);
    const { rowCount } = await app.database.client.query(
      'SELECT FROM user_identities WHERE user_id = $1',
      [id],
    );
    expect(rowCount).toBe(0);
  });
});
