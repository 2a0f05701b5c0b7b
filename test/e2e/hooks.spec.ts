import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { spawnSync } from 'node:child_process';
import { type Received, TestReceiver } from '../support/receiver.js';
import { snippetsOf } from '../support/snippets.js';
import { type Answer, TestApp } from '../support/test-app.js';

let app: TestApp;
let token: string;
let receiver: TestReceiver;
beforeAll(async () => {
  app = await TestApp.start({ HOOKS_ALLOW_PRIVATE_TARGETS: 'on' });
  token = await app.issuer.managementToken({ scope: 'hooks:manage' });
  receiver = await TestReceiver.start();
});
afterAll(async () => {
  await receiver.stop();
  await app.stop();
});
beforeEach(() => app.database.client.query('DELETE FROM hooks'));

const call = (method: string, path = '', body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url: `/api/hooks${path}`, token, body, headers });
const create = (settings: object = {}) => call('POST', '', { url: receiver.url, ...settings });
const pointers = ({ json }: Answer) =>
  json.errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`);

describe('POST /api/hooks', () => {
  it('answers 201 with the hook, its defaults, its path and its secret', async () => {
    const answer = await create();
    expect(answer.status).toBe(201);
    const { id, secret, createdAt, updatedAt, ...rest } = answer.json;
    expect(answer.location).toBe(`/api/hooks/${id}`);
    expect(answer.headers['etag']).toBe('"1"');
    expect(id).toMatch(/^[0-9a-z]{12}$/);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect(updatedAt).toBe(createdAt);
    expect(Math.abs(Date.now() - createdAt)).toBeLessThan(60_000);
    expect(rest).toEqual({
      url: receiver.url,
      types: [],
      headers: {},
      enabled: true,
      excludeClientIds: [],
      lastSequence: expect.any(Number),
    });
  });

  it('begins at the end of the feed, also behind events that have no place yet', async () => {
    const management = await app.issuer.managementToken();
    const users = { method: 'POST', url: '/api/users', token: management, body: {} };
    for (let n = 0; n < 3; n += 1) await app.call(users);
    const { lastSequence } = (await create()).json;
    const feed = await app.call({ method: 'GET', url: '/api/events', token: management });
    expect(String(lastSequence)).toBe(feed.headers['last-sequence']);
  });

  it.each<[string, object, string[]]>([
    ['no url', { url: undefined }, ['/url invalid_type']],
    ['a url of another scheme', { url: 'ftp://example.com' }, ['/url invalid_format']],
    ['credentials', { url: 'https://u:p@example.com' }, ['/url invalid_format']],
    ['an unknown type', { types: ['User.Created', 'Nope'] }, ['/types/1 invalid_format']],
    ['a type twice', { types: ['User.Deleted', 'User.Deleted'] }, ['/types/1 invalid_format']],
    ['types that are no array', { types: 'User.Created' }, ['/types invalid_type']],
    [
      'a header of the service',
      { headers: { 'Webhook-Id': 'x' } },
      ['/headers/Webhook-Id reserved'],
    ],
    [
      'a header of the body',
      { headers: { 'content-length': '1' } },
      ['/headers/content-length reserved'],
    ],
    ['a header of the connection', { headers: { Host: 'x' } }, ['/headers/Host reserved']],
    ['no header name', { headers: { 'a b': 'x' } }, ['/headers/a b invalid_format']],
    ['a line break', { headers: { a: 'x\r\nb: c' } }, ['/headers/a invalid_character']],
    ['a header that is no text', { headers: { a: 5 } }, ['/headers/a invalid_type']],
    [
      'a header twice',
      { headers: { a: '1', A: '2' } },
      ['/headers/a invalid_format', '/headers/A invalid_format'],
    ],
    [
      'many headers',
      { headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`h${n}`, ''])) },
      ['/headers too_long'],
    ],
    ['enabled as text', { enabled: 'true' }, ['/enabled invalid_type']],
    ['null', { enabled: null }, ['/enabled invalid_type']],
    [
      'many clients',
      { excludeClientIds: Array.from({ length: 21 }, (_, n) => `c${n}`) },
      ['/excludeClientIds too_long'],
    ],
    ['a client without a name', { excludeClientIds: [''] }, ['/excludeClientIds/0 invalid_format']],
    ['an unknown field', { nope: 1 }, ['/nope unknown_field']],
    ['a field of a user', { name: 'x' }, ['/name unknown_field']],
    [
      'read-only fields',
      { id: 'x', lastSequence: 1, secret: 'x' },
      ['/id read_only', '/lastSequence read_only', '/secret read_only'],
    ],
  ])('is 400 with a pointer for %s', async (_, settings, expected) => {
    const answer = await create(settings);
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(expected);
    expect(JSON.parse((await call('GET')).text)).toEqual([]);
  });
});

describe('a hook', () => {
  it('is listed, read, changed and deleted; absent keeps', async () => {
    const { id } = (await create({ types: ['User.Created'], headers: { A: '1' } })).json;
    const patched = await call('PATCH', `/${id}`, { enabled: false, excludeClientIds: ['crm'] });
    expect(patched.status).toBe(200);
    expect(patched.headers['etag']).toBe('"2"');
    const { createdAt, updatedAt, lastSequence, ...settings } = patched.json;
    expect(settings).toEqual({
      id,
      url: receiver.url,
      types: ['User.Created'],
      headers: { A: '1' },
      enabled: false,
      excludeClientIds: ['crm'],
    });
    expect(lastSequence).toEqual(expect.any(Number));
    expect(updatedAt).toBeGreaterThanOrEqual(createdAt);
    expect((await call('GET', `/${id}`)).json).toEqual(patched.json);
    expect(JSON.parse((await call('GET')).text)).toEqual([patched.json]);
    expect((await call('DELETE', `/${id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await call(method, `/${id}`)).status).toBe(404);
    expect((await call('PATCH', `/${id}`, {})).status).toBe(404);
  });

  it('keeps its version and time when nothing changes', async () => {
    const { secret, ...hook } = (await create({ headers: { A: '1' } })).json;
    expect(secret).toBeDefined();
    const answer = await call('PATCH', `/${hook.id}`, { headers: { A: '1' }, enabled: true });
    expect(answer.json).toEqual(hook);
    expect(answer.headers['etag']).toBe('"1"');
  });

  it('honours If-Match and If-None-Match', async () => {
    const { id } = (await create()).json;
    const stale = { 'if-match': '"7"' };
    expect((await call('PATCH', `/${id}`, { enabled: false }, stale)).status).toBe(412);
    expect((await call('DELETE', `/${id}`, undefined, stale)).status).toBe(412);
    expect((await call('POST', `/${id}/rotate-secret`, undefined, stale)).status).toBe(412);
    expect((await call('GET', `/${id}`, undefined, { 'if-none-match': '"1"' })).status).toBe(304);
    const good = { 'if-match': '"1"' };
    expect((await call('PATCH', `/${id}`, { enabled: false }, good)).json.enabled).toBe(false);
  });

  it('has its headers replaced by plain JSON, and merged by a merge patch', async () => {
    const { id } = (await create({ headers: { A: '1', B: '2' } })).json;
    const merge = (body: object) =>
      call('PATCH', `/${id}`, body, { 'content-type': 'application/merge-patch+json' });
    expect((await merge({ headers: { a: '3', C: '4' } })).json.headers).toEqual({
      ...{ B: '2', a: '3', C: '4' },
    });
    expect((await merge({ headers: { B: null } })).json.headers).toEqual({ a: '3', C: '4' });
    expect((await call('PATCH', `/${id}`, { headers: { D: '5' } })).json.headers).toEqual({
      D: '5',
    });
    expect((await call('PATCH', `/${id}`, { headers: { D: null } })).status).toBe(400);
    expect((await merge({ headers: null })).json.headers).toEqual({});
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`h${n}`, 'x']));
    await merge({ headers: many });
    const others = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`i${n}`, 'x']));
    expect(pointers(await merge({ headers: others }))).toEqual(['/headers too_long']);
  });
});

describe('secrets and headers', () => {
  it('stand nowhere in the database as they are, and a secret is answered once', async () => {
    const { id, secret } = (await create({ headers: { Authorization: 'Bearer hunter2' } })).json;
    const rotated = (await call('POST', `/${id}/rotate-secret`)).json.secret as string;
    expect(rotated).not.toBe(secret);
    const { rows: tables } = await app.database.client.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema IN ('public', 'hook_queue') AND table_type = 'BASE TABLE'`,
    );
    expect(tables.map(({ name }) => name)).toContain('public.hooks');
    for (const { name } of tables) {
      const { rows } = await app.database.client.query<{ row: string }>(
        `SELECT t::text AS row FROM ${name} t`,
      );
      const dump = JSON.stringify(rows);
      for (const value of [secret, rotated, 'hunter2'])
        expect(dump).not.toContain(String(value).replace('whsec_', ''));
    }
    for (const path of ['', `/${id}`])
      expect((await call('GET', path)).text).not.toContain('whsec');
    expect(app.log.join('')).not.toMatch(/whsec|hunter2/);
  });

  it('come again to who asks again with an Idempotency-Key, and still stand nowhere', async () => {
    const body = { url: receiver.url };
    const headers = { 'idempotency-key': 'b57c7d06-8e0f-4d1e-bb1f-0a4f2f3d9e11' };
    const first = await call('POST', '', body, headers);
    const again = await call('POST', '', body, headers);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(JSON.parse((await call('GET')).text)).toHaveLength(1);
    const { rows } = await app.database.client.query<{ all: string }>(
      `SELECT string_agg(k::text, '') AS all FROM idempotency_keys k`,
    );
    expect(rows[0]?.all).not.toContain(first.json.secret);
    const rotate = () =>
      call('POST', `/${first.json.id}/rotate-secret`, undefined, {
        ...headers,
        'idempotency-key': 'x1',
      });
    expect((await rotate()).json).toEqual((await rotate()).json);
  });

  it('of one hook cannot be opened as those of another', async () => {
    const { id } = (await create({ headers: { A: '1' } })).json;
    const { id: other } = (await create({ headers: { A: '2' } })).json;
    const { client } = app.database;
    const { rows } = await client.query<{ headers: string }>(
      `SELECT headers FROM hooks WHERE tenant_id = 'default' AND id = $1`,
      [id],
    );
    await client.query(`UPDATE hooks SET headers = $2 WHERE tenant_id = 'default' AND id = $1`, [
      ...[other, rows[0]?.headers],
    ]);
    expect((await call('GET', `/${other}`)).json.code).toBe('hook.not_configured');
    expect((await call('GET', `/${id}`)).json.headers).toEqual({ A: '1' });
  });

  it.each(['', 'c2VhbGVk', 'A'.repeat(36)])('that are only %j are told as such', async (sealed) => {
    const { id } = (await create({ headers: { A: '1' } })).json;
    await app.database.client.query('UPDATE hooks SET secrets = $1 WHERE id = $2', [sealed, id]);
    const answer = await call('POST', `/${id}/rotate-secret`);
    expect(answer.json).toMatchObject({ status: 501, code: 'hook.not_configured' });
  });

  it('are opened with an older key, and not with another, which is told at start', async () => {
    const { id } = (await create({ headers: { A: '1' } })).json;
    const key = (text: string) => Buffer.alloc(32, text).toString('base64');
    const startWith = async (keys: string) => {
      const env = { SECRETS_KEY: keys, HOOKS_ALLOW_PRIVATE_TARGETS: 'on' };
      const second = await TestApp.start(env, [], app);
      const { status } = await second.call({ method: 'GET', url: `/api/hooks/${id}`, token });
      await second.stop();
      return { status, log: second.log.join('') };
    };
    const both = await startWith(`${key('new')},${key('nameplate')}`);
    expect(both.status).toBe(200);
    expect(both.log).not.toContain('SECRETS_KEY');
    const wrong = await startWith(key('new'));
    expect(wrong.status).toBe(501);
    expect(wrong.log).toMatch(new RegExp(`SECRETS_KEY: no key opens .*${id}`));
  });
});

describe('POST /api/hooks/{hookId}/test', () => {
  const test = async (id: string): Promise<Received> => {
    receiver.received.length = 0;
    const answer = await call('POST', `/${id}/test`);
    expect(answer.json).toEqual({
      delivered: true,
      statusCode: 204,
      error: null,
      durationMs: expect.any(Number),
    });
    return receiver.received[0] as Received;
  };

  it('sends a signed CloudEvent with the headers of the hook', async () => {
    const { id, secret } = (await create({ headers: { 'X-Own': 'yes' }, enabled: false })).json;
    const { headers, body, event } = await test(id);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'x-own': 'yes',
      'webhook-id': event.id,
    });
    expect(event).toMatchObject({ specversion: '1.0', type: 'Hook.Test', data: { hookId: id } });
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(event);
    const forged = body.replace('Hook.Test', 'Hook.Tesl');
    expect(() => new Webhook(secret).verify(forged, headers as never)).toThrow();
  });

  it('is verified by the code of docs/webhooks.md', async () => {
    const [code = ''] = snippetsOf('docs/webhooks.md', 'js');
    const { id, secret } = (await create()).json;
    const { headers, body, event } = await test(id);
    const attempts = [
      [headers, body, secret],
      [headers, `${body} `, secret],
      [{ ...headers, 'webhook-timestamp': '1' }, body, secret],
      [headers, body, `whsec_${'A'.repeat(32)}`],
    ];
    const program = `${code}
      const attempts = ${JSON.stringify(attempts)};
      console.log(JSON.stringify(attempts.map((attempt) => eventOf(...attempt) ?? null)));`;
    // A program of its own, as a receiver is one.
    const run = spawnSync(process.execPath, ['--input-type=module'], { input: program });
    expect(run.stderr.toString()).toBe('');
    expect(JSON.parse(run.stdout.toString())).toEqual([event, null, null, null]);
  });

  it('is signed with both secrets after a rotation, for 24 hours', async () => {
    const { id, secret: first } = (await create()).json;
    const { secret: second } = (await call('POST', `/${id}/rotate-secret`)).json;
    const { headers, body } = await test(id);
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const secret of [first, second])
      expect(new Webhook(secret).verify(body, headers as never)).toBeDefined();
  });

  it.each([
    ['an error', 500, 'the receiver answered 500'],
    ['a redirect, which is not followed', 302, 'the receiver answered 302'],
  ])('tells of %s', async (_, status, error) => {
    const { id } = (await create()).json;
    receiver.received.length = 0;
    receiver.answer = (_event, response) => {
      response.setHeader('location', receiver.url);
      return status;
    };
    const answer = await call('POST', `/${id}/test`);
    receiver.answer = () => 204;
    expect(answer.json).toMatchObject({ delivered: false, statusCode: status, error });
    expect(receiver.received).toHaveLength(1);
  });

  it('tells that nobody listens there', async () => {
    const gone = await TestReceiver.start();
    const { id } = (await create({ url: gone.url })).json;
    await gone.stop();
    expect((await call('POST', `/${id}/test`)).json).toMatchObject({
      delivered: false,
      statusCode: null,
      error: 'no answer (ECONNREFUSED)',
    });
  });
});
