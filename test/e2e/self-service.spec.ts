import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { events } from '../support/events.js';
import { lockWaits } from '../support/lock-waits.js';
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
      phone_number_verified: 'true',
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
      email_verified: true,
      phone_number_verified: true,
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

  it.each([false, 'false', 'TRUE', 0, 1, null, undefined, [true], {}, '', 'yes'])(
    'takes no address whose verification is %j, and its owner gets it',
    async (verified) => {
      const email = `${unique()}@example.com`;
      const phone = `+614${String(Math.random()).slice(2, 10)}`;
      const claims = (state: unknown) => ({
        ...{ email, phone_number: phone },
        ...{ email_verified: state, phone_number_verified: state },
      });
      const stranger = await get(await app.issuer.userToken(unique(), claims(verified)));
      expect(stranger.json).toMatchObject({ primaryEmail: null, primaryPhone: null });
      const owner = await get(await app.issuer.userToken(unique(), claims(true)));
      expect(owner.json).toMatchObject({ primaryEmail: email, primaryPhone: phone.slice(1) });
    },
  );

  it.each([
    ['+61 412 000 555', '61412000555'],
    ['+1 (604) 555-1234', '16045551234'],
    ['+49.30.123456', '4930123456'],
    ['(604) 555-1234', null],
    ['604 555 1234', null],
    ['+49 30 123456;ext=12', null],
    ['+49 30 123456 x12', null],
    ['tel:+4930123456', null],
    ['++4930123456', null],
    ['+', null],
    [4930123456, null],
  ])('takes the phone number %s for %s', async (given, primaryPhone) => {
    const claims = { phone_number: given, phone_number_verified: true };
    const answer = await get(await app.issuer.userToken(unique(), claims));
    expect(answer.json).toMatchObject({ primaryPhone });
  });

  it('keeps what a PATCH would keep, and nothing that it would refuse', async () => {
    const formatted = '12 St James’s Square\nLondon\r\n\tSW1Y';
    const token = await app.issuer.userToken(unique(), {
      name: 'x'.repeat(129),
      nickname: 'n'.repeat(500),
      family_name: 'a\0b',
      gender: '\ud800',
      website: 'w'.repeat(16_000),
      address: { formatted, country: 'c'.repeat(300), region: 5 },
    });
    const { json } = await get(token);
    expect(json.name).toBeNull();
    expect(json.profile).toEqual({
      nickname: 'n'.repeat(500),
      address: { formatted, country: 'c'.repeat(300) },
    });
    const id = await insertUser(app, { profile: {} });
    const patched = await app.call({
      method: 'PATCH',
      url: `/api/users/${id}`,
      token: await app.issuer.managementToken(),
      body: { profile: json.profile },
    });
    expect(patched.json.profile).toEqual(json.profile);
  });

  it('takes no user name that is reserved, in any case', async () => {
    const strict = await TestApp.start(
      { SELF_SERVICE_PROVISIONING: 'on', RESERVED_USERNAMES: 'admin, Root' },
      [],
      app,
    );
    for (const name of ['admin', 'ADMIN', 'root']) {
      const token = await app.issuer.userToken(unique(), { preferred_username: name });
      const { json } = await strict.call({ method: 'GET', url: '/api/profile', token });
      expect(json).toMatchObject({ username: null, profile: { preferredUsername: name } });
    }
    await strict.stop();
  });

  it('gives an address that was only assumed to whoever proves it, with an event', async () => {
    const trusting = await TestApp.start(
      { SELF_SERVICE_PROVISIONING: 'on', SELF_SERVICE_ASSUME_VERIFIED: 'email,phone_number' },
      [],
      app,
    );
    const call = (token: string) => trusting.call({ method: 'GET', url: '/api/profile', token });
    const email = `${unique()}@example.com`;
    const phone_number = `+614${String(Math.random()).slice(2, 10)}`;
    const first = unique();
    const assumed = await app.issuer.userToken(first, { email, phone_number });
    expect((await call(assumed)).json).toMatchObject({ primaryEmail: email });
    const denied = { email: `${unique()}@example.com`, email_verified: false };
    expect((await call(await app.issuer.userToken(unique(), denied))).json.primaryEmail).toBeNull();
    // Another one who only assumes it does not get it.
    expect(
      (await call(await app.issuer.userToken(unique(), { email }))).json.primaryEmail,
    ).toBeNull();
    const proof = { email, phone_number, email_verified: true, phone_number_verified: true };
    const owners = await Promise.all(
      Array.from({ length: 5 }, async () => call(await app.issuer.userToken(unique(), proof))),
    );
    for (const { status } of owners) expect(status).toBe(200);
    expect(owners.filter(({ json }) => json.primaryEmail === email)).toHaveLength(1);
    expect(owners.filter(({ json }) => json.primaryPhone !== null)).toHaveLength(1);
    expect((await call(assumed)).json).toMatchObject({ primaryEmail: null, primaryPhone: null });
    const management = await app.issuer.managementToken();
    const { text } = await app.call({
      method: 'GET',
      url: `/api/users/${first}/events`,
      token: management,
    });
    const told = (JSON.parse(text) as any[]).map(({ data }) => [data.actor?.kind, data.changes[0]]);
    expect(told).toContainEqual([undefined, { pointer: '/primaryEmail', old: email, new: null }]);
    // Set by a client that may, it is nobody's to take.
    await app.call({
      method: 'PATCH',
      url: `/api/users/${first}`,
      token: management,
      body: { primaryEmail: denied.email },
    });
    const late = { email: denied.email, email_verified: true };
    expect((await call(await app.issuer.userToken(unique(), late))).json.primaryEmail).toBeNull();
    await trusting.stop();
  });

  it('gives an address at the first call that proves it, in any case, and tells which call it was', async () => {
    const email = `${unique('Ada')}@Example.com`;
    const first = await insertUser(app, {
      ...{ primary_email: email, primary_email_key: email.toLowerCase() },
      primary_email_assumed: true,
    });
    const owner = await app.issuer.userToken(unique(), {
      ...{ email: email.toUpperCase(), email_verified: true },
    });
    const headers = { 'x-request-id': unique() };
    const answer = await app.call({ method: 'GET', url: '/api/profile', token: owner, headers });
    expect(answer.json.primaryEmail).toBe(email.toUpperCase());
    const token = await app.issuer.managementToken();
    const url = `/api/users/${first}/events`;
    const [told] = events(await app.call({ method: 'GET', url, token }));
    expect(told?.data).toMatchObject({ requestId: headers['x-request-id'], actor: null });
  });

  it('leaves an assumed address to its user once a client has sent it again', async () => {
    const trusting = await TestApp.start(
      { SELF_SERVICE_PROVISIONING: 'on', SELF_SERVICE_ASSUME_VERIFIED: 'email' },
      [],
      app,
    );
    const token = await app.issuer.managementToken();
    const provisioned = async (claims: Record<string, unknown>) => {
      const bearer = await app.issuer.userToken(unique(), claims);
      return trusting.call({ method: 'GET', url: '/api/profile', token: bearer });
    };
    const email = `${unique()}@example.com`;
    const first = await provisioned({ email });
    const url = `/api/users/${first.json.id}`;
    const conditions = [{ 'If-Match': '"99"' }, {}] as Record<string, string>[];
    for (const headers of conditions) {
      const body = { primaryEmail: email };
      const answer = await app.call({ method: 'PATCH', url, token, body, headers });
      const kept = await app.database.client.query(
        'SELECT primary_email_assumed AS assumed, version FROM users WHERE id = $1',
        [first.json.id],
      );
      const isRefused = 'If-Match' in headers;
      expect(answer.status).toBe(isRefused ? 412 : 200);
      expect(kept.rows).toEqual([{ assumed: isRefused, version: '1' }]);
    }
    const proven = await provisioned({ email, email_verified: true });
    expect(proven.json.primaryEmail).toBeNull();
    await trusting.stop();
  });

  it('does not take an address that is confirmed while its row is waited for', async () => {
    const email = `${unique()}@example.com`;
    const id = await insertUser(app, { primary_email: email, primary_email_key: email });
    const { client } = app.database;
    await client.query('UPDATE users SET primary_email_assumed = true WHERE id = $1', [id]);
    const holder = new Client(app.database.url);
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
      id,
    ]);
    const token = await app.issuer.userToken(unique(), { email, email_verified: true });
    const stranger = get(token);
    await lockWaits(app, 1);
    await holder.query('UPDATE users SET primary_email_assumed = false WHERE id = $1', [id]);
    await holder.query('COMMIT');
    await holder.end();
    expect((await stranger).json.primaryEmail).toBeNull();
    const { rows } = await client.query('SELECT primary_email FROM users WHERE id = $1', [id]);
    expect(rows).toEqual([{ primary_email: email }]);
  });

  it('happens once under 50 first calls at the same moment, whatever they are', async () => {
    const id = unique();
    const claims = { preferred_username: id, email: `${id}@example.com`, email_verified: true };
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
