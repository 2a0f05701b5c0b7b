import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events } from '../support/events.js';
import { TestApp } from '../support/test-app.js';
import { cutWaiting } from '../support/lock-waits.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
let id: string;
beforeAll(async () => {
  app = await TestApp.start({ SELF_SERVICE_PROVISIONING: 'on' });
  token = await app.issuer.managementToken();
  id = await insertUser(app);
});
afterAll(() => app.stop());

const call = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url, token, body, headers });

/** Every row of every table that a write could touch. */
async function everything(): Promise<string> {
  const tables = [
    'users',
    'user_identities',
    'user_sso_identities',
    'user_events',
    'idempotency_keys',
  ];
  const rows = tables.map(
    (table) => `SELECT '${table}' || ctid || xmin || t::text AS row FROM ${table} t`,
  );
  const { rows: found } = await app.database.client.query<{ row: string }>(
    `${rows.join(' UNION ALL ')} ORDER BY 1`,
  );
  return found.map(({ row }) => row).join('\n');
}

describe('?dryRun=true', () => {
  it.each<[string, string, unknown, object, string[]]>([
    [
      'PATCH',
      '',
      { name: 'Would', avatar: '' },
      { name: 'Would', avatar: null },
      ['/avatar', '/name'],
    ],
    [
      'PATCH',
      '/custom-data',
      { customData: { a: 1 } },
      { customData: { before: true, a: 1 } },
      ['/customData/a'],
    ],
    [
      'PATCH',
      '/profile',
      { profile: { x: 1 } },
      { profile: expect.objectContaining({ x: 1 }) },
      ['/profile/x'],
    ],
    ['PATCH', '/is-suspended', { isSuspended: true }, { isSuspended: true }, ['/isSuspended']],
    ['PATCH', '/sign-in', { lastSignInAt: 7 }, { lastSignInAt: 7 }, ['/lastSignInAt']],
    ['PATCH', '/password', { password: 'x' }, { hasPassword: true }, ['/hasPassword', '/password']],
    [
      'PUT',
      '/identities/github',
      { userId: 'dry' },
      { identities: { github: { userId: 'dry', details: {} } } },
      ['/identities/github'],
    ],
    [
      'PUT',
      '/sso-identities/okta',
      { issuer: 'https://i.example', identityId: 'dry' },
      { ssoIdentities: [expect.objectContaining({ identityId: 'dry' })] },
      ['/ssoIdentities'],
    ],
    ['PATCH', '', {}, { name: 'Before' }, []],
  ])('of %s /api/users/{userId}%s answers what would be, and writes nothing', async (...row) => {
    const [method, part, body, user, pointers] = row;
    const before = await everything();
    const answer = await call(method, `/api/users/${id}${part}?dryRun=true`, body);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual(['user', 'changes']);
    expect(answer.json.user).toMatchObject(user);
    expect(answer.json.changes.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
      pointers,
    );
    expect(answer.headers['etag']).toBeUndefined();
    expect(await everything()).toBe(before);
  });

  it('of POST and DELETE, too', async () => {
    const before = await everything();
    const made = await call('POST', '/api/users?dryRun=true', { id: 'dry_run', name: 'New' });
    expect(made.json).toMatchObject({
      user: { id: 'dry_run', name: 'New' },
      changes: [{ pointer: '/createdAt' }, { pointer: '/name', old: null, new: 'New' }],
    });
    expect([made.status, made.headers['location']]).toEqual([200, undefined]);
    const gone = await call('DELETE', `/api/users/${id}?dryRun=true&erase=true`);
    expect([gone.status, gone.json]).toEqual([200, { user: null, changes: [] }]);
    expect(await everything()).toBe(before);
  });

  it('of self-service answers what the token may see', async () => {
    const own = await app.issuer.userToken(id, { scope: 'profile' });
    const url = '/api/profile?dryRun=true';
    const answer = await app.call({ method: 'PATCH', url, token: own, body: { name: 'Me' } });
    expect(answer.json.user).toMatchObject({ id, name: 'Me' });
    expect(answer.json.user).not.toHaveProperty('primaryEmail');
    const unknown = await app.issuer.userToken(unique());
    const before = await everything();
    const first = await app.call({ method: 'PATCH', url, token: unknown, body: { name: 'Me' } });
    expect(first.json.changes.map(({ new: value }: { new: unknown }) => value)).toContain('Me');
    expect(await everything()).toBe(before);
  });

  it.each<[string, string, string, unknown, number, Record<string, string>?]>([
    ['validation', 'PATCH', '', { name: 5, nope: 1 }, 400],
    ['uniqueness', 'PATCH', '', { username: 'dry_taken' }, 422],
    ['conditions', 'PATCH', '', { name: 'x' }, 412, { 'if-match': '"77"' }],
    ['existence', 'PATCH', 'x', { name: 'x' }, 404],
    ['size', 'PATCH', '/custom-data', { customData: { a: 'x'.repeat(70_000) } }, 422],
  ])('checks %s', async (_, method, part, body, status, ...[headers]) => {
    await call('POST', '/api/users', { username: 'dry_taken' });
    const plain = await call(method, `/api/users/${id}${part}`, body, headers);
    const dry = await call(method, `/api/users/${id}${part}?dryRun=true`, body, headers);
    expect([dry.status, plain.status]).toEqual([status, status]);
    expect(dry.json.code).toBe(plain.json.code);
  });

  it('has only its own changes, also when other requests have the same id', async () => {
    const [mine, other] = [await insertUser(app), await insertUser(app)];
    const headers = { 'x-request-id': 'shared-by-a-gateway' };
    for (let round = 0; round < 20; round += 1) {
      const [dry] = await Promise.all([
        call('PATCH', `/api/users/${mine}?dryRun=true`, { name: 'x' }, headers),
        call('PATCH', `/api/users/${other}`, { avatar: `https://a.b/${round}` }, headers),
      ]);
      expect(dry.json.changes).toEqual([{ pointer: '/name', old: 'Before', new: 'x' }]);
    }
  });

  it('is 503 when its connection is cut', async () => {
    await app.database.client.query('BEGIN');
    await app.database.client.query(
      "SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE",
      [id],
    );
    const waiting = call('PATCH', `/api/users/${id}?dryRun=true`, { name: 'x' });
    await cutWaiting(app);
    expect((await waiting).status).toBe(503);
    await app.database.client.query('ROLLBACK');
    expect((await call('PATCH', `/api/users/${id}?dryRun=true`, { name: 'x' })).status).toBe(200);
  });

  it('does not use up an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': unique() };
    const body = { name: unique() };
    await call('PATCH', `/api/users/${id}?dryRun=true`, body, headers);
    const answer = await call('PATCH', `/api/users/${id}`, body, headers);
    expect(answer.json.name).toBe(body.name);
  });

  it('=false is a write, and other values are 400', async () => {
    const name = unique();
    await call('PATCH', `/api/users/${id}?dryRun=false`, { name });
    expect((await call('GET', `/api/users/${id}`)).json.name).toBe(name);
    for (const query of ['dryRun=yes', 'dryRun', 'dryRun=true&dryRun=true', 'erase=true']) {
      const answer = await call('PATCH', `/api/users/${id}?${query}`, { name: 'x' });
      expect(answer.status).toBe(400);
    }
    expect((await call('GET', `/api/users/${id}?dryRun=true`)).status).toBe(400);
  });
});

describe('DELETE ?erase=true', () => {
  const changesOf = async (user: string) =>
    events(await call('GET', `/api/users/${user}/events`)).map(({ data }) => data.changes);

  it('deletes the user and every value that its events and remembered answers hold', async () => {
    const secret = unique('secret');
    const key = unique();
    const made = await call('POST', '/api/users', { username: secret }, { 'idempotency-key': key });
    const user = made.json.id as string;
    await call('PATCH', `/api/users/${user}`, { customData: { [secret]: secret, b: { c: 1 } } });
    expect((await call('DELETE', `/api/users/${user}?erase=true`)).status).toBe(204);
    expect(await everything()).not.toContain(secret);
    expect(await changesOf(user)).toEqual([
      [],
      [{ pointer: '/customData' }],
      [{ pointer: '/createdAt' }, { pointer: '/username' }],
    ]);
    const again = await call(
      'POST',
      '/api/users',
      { username: secret },
      { 'idempotency-key': key },
    );
    expect(again.status).toBe(404);
  });

  it('leaves the order of the feed whole', async () => {
    const user = await insertUser(app);
    for (let n = 0; n < 3; n += 1) await call('PATCH', `/api/users/${user}`, { name: unique() });
    const sequencesOf = async () =>
      events(await call('GET', '/api/events?limit=1000')).map(({ sequence }) => sequence);
    const before = await sequencesOf();
    await call('DELETE', `/api/users/${user}?erase=true`);
    expect((await sequencesOf()).slice(0, before.length)).toEqual(before);
    expect(await sequencesOf()).toHaveLength(before.length + 1);
  });

  it('works for a user who is deleted already, and is 404 for one who never was', async () => {
    const user = await insertUser(app);
    await call('PATCH', `/api/users/${user}`, { name: unique() });
    await call('DELETE', `/api/users/${user}`);
    expect((await call('DELETE', `/api/users/${user}`)).status).toBe(404);
    expect((await changesOf(user))[1]?.[0]).toHaveProperty('new');
    expect((await call('DELETE', `/api/users/${user}?erase=true`)).status).toBe(204);
    expect(await changesOf(user)).toEqual([[], [{ pointer: '/name' }]]);
    expect((await call('DELETE', '/api/users/never?erase=true')).status).toBe(404);
  });

  it('does not touch the events of a new user with the id of the erased one', async () => {
    const user = unique();
    const create = () => call('POST', '/api/users', { id: user, name: 'kept' });
    await create();
    for (let round = 0; round < 20; round += 1) {
      await call('DELETE', `/api/users/${user}`);
      const [erased, made] = await Promise.all([
        call('DELETE', `/api/users/${user}?erase=true`),
        create(),
      ]);
      expect([erased.status, made.status]).toEqual([204, 201]);
      const [newest] = events(await call('GET', `/api/users/${user}/events?limit=1`));
      if (newest?.type === 'User.Created')
        expect(newest.data.changes).toContainEqual({ pointer: '/name', old: null, new: 'kept' });
      else expect(newest?.type).toBe('User.Deleted');
      if (newest?.type === 'User.Deleted') await create();
    }
  });

  it('of a user who is gone does not know the versions of If-Match', async () => {
    const user = await insertUser(app);
    await call('PATCH', `/api/users/${user}`, { name: unique() });
    await call('DELETE', `/api/users/${user}`);
    const headers = { 'if-match': '"3"' };
    const answer = await call('DELETE', `/api/users/${user}?erase=true`, undefined, headers);
    expect(answer.status).toBe(404);
    expect((await changesOf(user))[1]?.[0]).toHaveProperty('new');
  });

  it('erases nothing when the user has another version than that of If-Match', async () => {
    const user = await insertUser(app);
    await call('PATCH', `/api/users/${user}`, { name: 'kept' });
    const erase = (etag: string) =>
      call('DELETE', `/api/users/${user}?erase=true`, undefined, { 'if-match': etag });
    expect((await erase('"1"')).status).toBe(412);
    expect((await changesOf(user))[0]).toEqual([{ pointer: '/name', old: 'Before', new: 'kept' }]);
    expect((await erase('"2"')).status).toBe(204);
    expect(await changesOf(user)).toEqual([[], [{ pointer: '/name' }]]);
  });
});
