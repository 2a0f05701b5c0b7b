import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, TestApp } from '../support/test-app.js';
import { events, type Event } from '../support/events.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken({ sub: 'crm-sync', client_id: 'crm' });
});
afterAll(() => app.stop());

const call = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url, token, body, headers });

const historyOf = async (id: string) => events(await call('GET', `/api/users/${id}/events`));

/** The newest event of a user, after a call that must succeed. */
async function after(id: string, answer: Promise<Answer>): Promise<Event> {
  expect((await answer).status).toBeLessThan(300);
  return (await historyOf(id))[0] as Event;
}

const countEvents = async () =>
  Number(
    (await app.database.client.query<{ n: string }>('SELECT count(*) AS n FROM user_events'))
      .rows[0]?.n,
  );

const many = (count: number, value: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [n.toString(36), value]));

describe('the event of a change', () => {
  it('is a CloudEvent that says who changed what, when, and to which version', async () => {
    const id = await insertUser(app);
    const event = await after(
      id,
      call('PATCH', `/api/users/${id}`, { name: 'Ada' }, { 'x-request-id': 'request-1' }),
    );
    expect(event).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      source: 'urn:nameplate:default',
      type: 'User.Data.Updated',
      subject: id,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      datacontenttype: 'application/json',
      sequence: expect.stringMatching(/^[1-9]\d*$/),
      data: {
        userId: id,
        version: 2,
        actor: { kind: 'management', subject: 'crm-sync', clientId: 'crm' },
        requestId: 'request-1',
        changes: [{ pointer: '/name', old: 'Before', new: 'Ada' }],
      },
    });
    const { json: user } = await call('GET', `/api/users/${id}`);
    expect(Date.parse(event.time.replace(/\d{3}Z$/, 'Z'))).toBe(user.updatedAt);
  });

  it('names users who change themselves', async () => {
    const id = await insertUser(app);
    const own = await app.issuer.userToken(id, { client_id: undefined, azp: undefined });
    const event = await after(
      id,
      app.call({ method: 'PATCH', url: '/api/profile', token: own, body: { name: 'Me' } }),
    );
    expect(event.data.actor).toEqual({ kind: 'user', subject: id, clientId: null });
  });

  it.each([
    ['text', { username: 'Now_' }, ['/username']],
    [
      'several fields, in their order',
      { name: null, customData: { before: true, a: 1 }, avatar: '', profile: {} },
      ['/avatar', '/customData/a', '/name', '/profile/address', '/profile/nickname'],
    ],
    ['only what differs', { name: 'Before', avatar: null }, ['/avatar']],
    ['keys of customData', { customData: { before: true, a: { b: 1 } } }, ['/customData/a']],
    [
      'deep inside',
      { profile: { address: { locality: 'x' } } },
      ['/profile/address/locality', '/profile/nickname'],
    ],
    ['escaped keys', { customData: { 'a/b~c': 1 } }, ['/customData/a~1b~0c', '/customData/before']],
  ])('has a JSON Pointer for each changed value: %s', async (_, patch, pointers) => {
    const id = await insertUser(app);
    const body = 'username' in patch ? { username: unique('Now_') } : patch;
    const event = await after(id, call('PATCH', `/api/users/${id}`, body));
    expect(event.data.changes.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it.each([
    ['long keys above many values', (n: number) => ({ ['/'.repeat(20_000)]: many(1500, n) })],
    ['many values', (n: number) => many(7500, n)],
  ])('stays in proportion to what changed: %s', async (_, customData) => {
    const id = await insertUser(app, { custom_data: {} });
    await call('PATCH', `/api/users/${id}`, { customData: customData(1) });
    const begin = Date.now();
    const event = await after(id, call('PATCH', `/api/users/${id}`, { customData: customData(2) }));
    expect(Date.now() - begin).toBeLessThan(20_000);
    expect(JSON.stringify(event).length).toBeLessThan(300_000);
    const [change] = event.data.changes;
    expect(event.data.changes).toHaveLength(1);
    expect(change?.pointer.startsWith('/customData')).toBe(true);
    expect(JSON.stringify(change?.new)).toContain(':2');
  });

  it('has the value before and after, neither where there is none', async () => {
    const id = await insertUser(app, { custom_data: { gone: [1], kept: { deep: 1 }, type: {} } });
    const customData = { kept: { deep: 2 }, type: 'text', made: null };
    const event = await after(id, call('PATCH', `/api/users/${id}`, { customData }));
    expect(event.data.changes).toEqual([
      { pointer: '/customData/gone', old: [1] },
      { pointer: '/customData/kept/deep', old: 1, new: 2 },
      { pointer: '/customData/made', new: null },
      { pointer: '/customData/type', old: {}, new: 'text' },
    ]);
  });

  it('has no value at all where none is to be kept', async () => {
    const other = await TestApp.start({ EVENTS_INCLUDE_VALUES: 'off' }, [], app);
    const id = unique();
    const write = (method: string, path: string, body: object) =>
      other.call({ method, url: `/api/users${path}`, token, body });
    await write('POST', '', { id, name: 'Ada', password: unique() });
    await write('PATCH', `/${id}`, { name: 'Eve', customData: { a: 1 } });
    await write('PUT', `/${id}/identities/github`, { userId: id });
    await other.stop();
    expect((await historyOf(id)).map(({ data }) => data.changes)).toEqual(
      [
        ['/identities/github'],
        ['/customData/a', '/name'],
        ['/createdAt', '/hasPassword', '/name', '/password'],
      ].map((pointers) => pointers.map((pointer) => ({ pointer }))),
    );
  });

  it.each([
    ['User.Data.Updated', 'PATCH', 'custom-data', { customData: { x: 1 } }, ['/customData/x']],
    ['User.Data.Updated', 'PATCH', 'profile', { profile: { x: 1 } }, ['/profile/x']],
    [
      'User.SuspensionStatus.Updated',
      'PATCH',
      'is-suspended',
      { isSuspended: true },
      ['/isSuspended'],
    ],
    ['User.SignIn.Updated', 'PATCH', 'sign-in', { lastSignInAt: 5 }, ['/lastSignInAt']],
    [
      'User.Identities.Updated',
      'PUT',
      'identities/github',
      { userId: unique() },
      ['/identities/github'],
    ],
    [
      'User.Identities.Updated',
      'PUT',
      'sso-identities/okta',
      { issuer: 'https://i.example', identityId: unique() },
      ['/ssoIdentities'],
    ],
  ])('has the type %s for %s %s', async (type, method, part, body, pointers) => {
    const id = await insertUser(app);
    const event = await after(id, call(method, `/api/users/${id}/${part}`, body));
    expect(event.type).toBe(type);
    expect(event.data.version).toBe(2);
    expect(event.data.changes.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('has values as the user object has them', async () => {
    const id = await insertUser(app);
    const signIn = await after(id, call('PATCH', `/api/users/${id}/sign-in`, { lastSignInAt: 5 }));
    expect(signIn.data.changes).toEqual([{ pointer: '/lastSignInAt', old: null, new: 5 }]);
    const body = { userId: unique(), details: { a: 1 } };
    const put = await after(id, call('PUT', `/api/users/${id}/identities/github`, body));
    expect(put.data.changes).toEqual([{ pointer: '/identities/github', new: body }]);
    const removed = await after(id, call('DELETE', `/api/users/${id}/identities/github`));
    expect(removed.data.changes).toEqual([{ pointer: '/identities/github', old: body }]);
  });

  it('of a new user has what it was made with', async () => {
    const { json: user } = await call('POST', '/api/users', { name: 'New', customData: { a: 1 } });
    const [event] = await historyOf(user.id);
    expect(event).toMatchObject({ type: 'User.Created', subject: user.id, data: { version: 1 } });
    expect(event?.data.changes).toEqual([
      { pointer: '/createdAt', new: user.createdAt },
      { pointer: '/customData/a', new: 1 },
      { pointer: '/name', old: null, new: 'New' },
    ]);
  });

  it('of a deleted user is the last of its history, which stays', async () => {
    const id = await insertUser(app);
    const event = await after(id, call('DELETE', `/api/users/${id}`));
    expect(event).toMatchObject({ type: 'User.Deleted', data: { version: 2, changes: [] } });
    expect((await call('GET', `/api/users/${id}`)).status).toBe(404);
  });

  it('never has a password or a digest', async () => {
    const id = await insertUser(app);
    const password = unique('secret');
    const event = await after(id, call('PATCH', `/api/users/${id}/password`, { password }));
    expect(event).toMatchObject({ type: 'User.Password.Updated' });
    expect(event.data.changes).toEqual([
      { pointer: '/hasPassword', old: false, new: true },
      { pointer: '/password' },
    ]);
    const again = await after(id, call('PATCH', `/api/users/${id}/password`, { password }));
    expect(again.data.changes).toEqual([{ pointer: '/password' }]);
    const { json: made } = await call('POST', '/api/users', { password });
    expect((await historyOf(made.id))[0]?.data.changes).toContainEqual({ pointer: '/password' });
    const { rows } = await app.database.client.query<{ all: string }>(
      `SELECT string_agg(e::text, '') AS all FROM user_events e`,
    );
    expect(rows[0]?.all).not.toContain(password);
    expect(rows[0]?.all).not.toContain('argon2');
  });

  it('is not made by a digest that only gets a stronger form', async () => {
    const { json: user } = await call('POST', '/api/users', {
      passwordDigest: '5f4dcc3b5aa765d61d8327deb882cf99',
      passwordAlgorithm: 'MD5',
    });
    const verify = call('POST', `/api/users/${user.id}/password/verify`, { password: 'password' });
    expect((await verify).status).toBe(204);
    expect(await historyOf(user.id)).toHaveLength(1);
  });
});

describe('a request that changes nothing makes no event:', () => {
  it.each<[string, string, string, unknown, Record<string, string>?]>([
    ['an empty patch', 'PATCH', '', {}],
    ['values that are stored already', 'PATCH', '', { name: 'Before' }],
    ['a merge that changes nothing', 'PATCH', '/custom-data', { customData: { before: true } }],
    ['a patch that is refused', 'PATCH', '', { name: 5 }],
    ['a patch of another version', 'PATCH', '', { name: 'x' }, { 'if-match': '"9"' }],
    ['a user name that is taken', 'PATCH', '', { username: 'events_taken' }],
    ['a delete of another version', 'DELETE', '', undefined, { 'if-match': '"9"' }],
    ['an identity that is not there', 'DELETE', '/identities/none', undefined],
    ['a user that exists', 'POST', '../', { username: 'events_taken' }],
  ])('%s', async (_, method, part, body, ...[headers]) => {
    const id = await insertUser(app);
    await call('POST', '/api/users', { username: 'events_taken' });
    const before = await countEvents();
    const url = part === '../' ? '/api/users' : `/api/users/${id}${part}`;
    await call(method, url, body, headers);
    expect(await countEvents()).toBe(before);
  });

  it('the same identity again', async () => {
    const id = await insertUser(app);
    const body = { userId: unique() };
    await call('PUT', `/api/users/${id}/identities/github`, body);
    await call('PUT', `/api/users/${id}/identities/github`, body);
    expect(await historyOf(id)).toHaveLength(1);
  });
});

describe('GET /api/users/{userId}/events', () => {
  it('pages newest first through Link', async () => {
    const id = await insertUser(app);
    for (let n = 0; n < 7; n += 1) await call('PATCH', `/api/users/${id}`, { name: `n${n}` });
    const seen: number[] = [];
    let url: string | undefined = `/api/users/${id}/events?limit=3`;
    while (url) {
      const page: Answer = await call('GET', url);
      seen.push(...events(page).map(({ data }) => data.version));
      url = page.next;
    }
    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2]);
  });

  it('is 404 for a user that never was, empty for one without events', async () => {
    expect((await call('GET', '/api/users/never/events')).status).toBe(404);
    const id = await insertUser(app);
    expect(await historyOf(id)).toEqual([]);
  });

  it('keeps the order of a user who was deleted and made again', async () => {
    const id = unique();
    for (let n = 0; n < 3; n += 1) {
      await call('POST', '/api/users', { id });
      await call('PATCH', `/api/users/${id}`, { name: 'x' });
      await call('DELETE', `/api/users/${id}`);
    }
    const types = (await historyOf(id)).map(({ type }) => type);
    const round = ['User.Deleted', 'User.Data.Updated', 'User.Created'];
    expect(types).toEqual([...round, ...round, ...round]);
  });

  it.each(['%00', 'a%20b', 'x'.repeat(256)])('is 404 for %s, which no user can be', async (id) => {
    expect((await call('GET', `/api/users/${id}/events`)).status).toBe(404);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=0', 'cursor=x', 'page=1'])(
    'refuses %s',
    async (query) => {
      const answer = await call('GET', `/api/users/x/events?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.json.errors[0].pointer).toBe(`/${query.split('=')[0]}`);
    },
  );
});
