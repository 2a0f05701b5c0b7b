import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const ALL = 'profile email phone address identities custom_data';

describe('the policy of a team', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({
      SELF_SERVICE_FIELDS: 'username:read-only, avatar:off, profile:read-only, customData:off',
      SELF_SERVICE_CLIENTS: 'web, mobile',
      RESERVED_USERNAMES: 'Admin, root',
    });
  });
  afterAll(() => app.stop());

  const own = async (claims = {}) => {
    const id = await insertUser(app);
    return [id, await app.issuer.userToken(id, { client_id: 'web', ...claims })] as const;
  };
  const patch = (token: string, body: unknown, url = '/api/profile') =>
    app.call({ method: 'PATCH', url, token, body });

  it('refuses fields that are read-only or off, names the rule, and changes nothing', async () => {
    const [id, token] = await own();
    const before = await app.row(id);
    const answer = await patch(token, { name: 'x', username: 'y', avatar: null });
    expect(answer.status).toBe(400);
    expect(answer.json.errors).toEqual(
      ['/username', '/avatar'].map((pointer) => ({
        pointer,
        code: 'read_only',
        detail: 'is not open to users (SELF_SERVICE_FIELDS)',
      })),
    );
    const claims = await patch(token, { nickname: 'x' }, '/api/profile/profile');
    expect(claims.json.errors).toMatchObject([{ pointer: '/profile', code: 'read_only' }]);
    expect(await app.row(id)).toBe(before);
  });

  it('hides fields that are off, and shows and changes the others', async () => {
    const [, token] = await own();
    const { status, json } = await patch(token, { name: 'x' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ name: 'x', username: expect.any(String) });
    expect(json).not.toHaveProperty('avatar');
    expect(json).not.toHaveProperty('customData');
  });

  it('lets only the listed clients in', async () => {
    for (const claims of [
      { client_id: 'other' },
      { client_id: undefined },
      { azp: 'x', client_id: undefined },
    ]) {
      const [id, token] = await own(claims);
      const before = await app.row(id);
      const answer = await patch(token, { name: 'x' });
      expect(answer.status).toBe(403);
      expect(answer.json.detail).toContain('SELF_SERVICE_CLIENTS');
      expect(await app.row(id)).toBe(before);
    }
    const [, token] = await own({ client_id: undefined, azp: 'mobile' });
    expect((await patch(token, { name: 'x' })).status).toBe(200);
  });

  it('does not bind management', async () => {
    const token = await app.issuer.managementToken();
    const id = await insertUser(app);
    const answer = await patch(token, { username: 'root', avatar: null }, `/api/users/${id}`);
    expect(answer.json).toMatchObject({ username: 'root', avatar: null });
  });
});

describe('reserved user names', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ RESERVED_USERNAMES: 'Admin, root' });
  });
  afterAll(() => app.stop());

  it.each(['admin', 'ADMIN', 'Root'])('refuse %s, and change nothing', async (username) => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const token = await app.issuer.userToken(id);
    const answer = await app.call({
      method: 'PATCH',
      url: '/api/profile',
      token,
      body: { username },
    });
    expect(answer.json).toMatchObject({
      status: 400,
      errors: [
        { pointer: '/username', code: 'reserved', detail: 'is reserved (RESERVED_USERNAMES)' },
      ],
    });
    expect(await app.row(id)).toBe(before);
  });
});

describe('provisioning', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ SELF_SERVICE_PROVISIONING: 'on' });
  });
  afterAll(() => app.stop());

  const get = (token: string) => app.call({ method: 'GET', url: '/api/profile', token });
  const count = async (id: string) =>
    (await app.database.client.query('SELECT FROM users WHERE id = $1', [id])).rowCount;

  it("makes the user from the token's standard claims at the first call", async () => {
    const id = unique('auth0|');
    const name = unique('Ada');
    const token = await app.issuer.userToken(id, {
      scope: ALL,
      name: 'Ada Lovelace',
      picture: 'https://example.com/ada.png',
      preferred_username: name,
      email: `${name}@Example.com`,
      email_verified: true,
      phone_number: '+61 (412) 000-111',
      given_name: 'Ada',
      locale: 'en-GB',
      address: { locality: 'London', street_address: '12 St James’s Square', more: 1 },
      roles: ['admin'],
      isSuspended: true,
    });
    const { status, json, headers } = await get(token);
    expect(status).toBe(200);
    expect(headers['etag']).toBe('"1"');
    expect(json).toMatchObject({
      id,
      name: 'Ada Lovelace',
      avatar: 'https://example.com/ada.png',
      username: name,
      primaryEmail: `${name}@Example.com`,
      primaryPhone: '61412000111',
      isSuspended: false,
      customData: {},
    });
    expect(json.profile).toEqual({
      preferredUsername: name,
      givenName: 'Ada',
      locale: 'en-GB',
      address: { locality: 'London', streetAddress: '12 St James’s Square' },
    });
  });

  it('leaves out claims that break a rule, or that the issuer has not verified', async () => {
    const token = await app.issuer.userToken(unique(), {
      name: 'a\u0007b',
      picture: 'javascript:alert(1)',
      preferred_username: 'not valid',
      email: `${unique()}@example.com`,
      email_verified: false,
      phone_number: '+1',
      gender: 5,
    });
    const { status, json } = await get(token);
    expect(status).toBe(200);
    expect(json).toMatchObject({ name: null, avatar: null, username: null, primaryEmail: null });
    expect(json.primaryPhone).toBeNull();
    expect(json.profile).toEqual({ preferredUsername: 'not valid' });
  });

  it('leaves out what another user has, and leaves that user alone', async () => {
    const other = await insertUser(app, { primary_phone: '61433000222' });
    const before = await app.row(other);
    const token = await app.issuer.userToken(unique(), {
      preferred_username: other.toUpperCase(),
      email: `${other}@EXAMPLE.com`,
      phone_number: '+61433000222',
      name: 'Somebody',
    });
    expect((await get(token)).json).toMatchObject({
      name: 'Somebody',
      username: null,
      primaryEmail: null,
      primaryPhone: null,
    });
    expect(await app.row(other)).toBe(before);
  });

  it('happens once under 50 first calls at the same moment, whatever they are', async () => {
    const id = unique();
    const claims = { preferred_username: id, email: `${id}@example.com` };
    const token = await app.issuer.userToken(id, claims);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2
          ? get(token)
          : app.call({ method: 'PATCH', url: '/api/profile', token, body: { name: `n${index}` } }),
      ),
    );
    for (const { status, json } of answers) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ id, username: id, primaryEmail: `${id}@example.com` });
    }
    expect(await count(id)).toBe(1);
  });

  it('never makes a user whose id could not be one, nor for an invalid patch', async () => {
    expect((await get(await app.issuer.userToken('no body'))).status).toBe(404);
    const id = unique();
    const token = await app.issuer.userToken(id);
    const answer = await app.call({
      method: 'PATCH',
      url: '/api/profile',
      token,
      body: { name: 5 },
    });
    expect(answer.status).toBe(400);
    expect(await count(id)).toBe(0);
  });

  it('does not wake a suspended user', async () => {
    const id = await insertUser(app, { is_suspended: true });
    expect((await get(await app.issuer.userToken(id))).json.code).toBe('user.suspended');
  });
});
