import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  etagOf,
  NameplateClient,
  orThrow,
  PreconditionFailedError,
  ProblemError,
} from '../../packages/client/src/index.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let proxy: FaultyProxy;
let client: NameplateClient;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
  proxy = await FaultyProxy.start(await app.app.getUrl());
  client = new NameplateClient({ url: proxy.url, token: await app.issuer.managementToken() });
});
afterAll(async () => {
  await proxy.stop();
  await app.stop();
});

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('users of the client', () => {
  it('are what the service answers, and nothing else', async () => {
    const name = unique();
    const made = await client.users.create({ name });
    const answer = await app.call({
      method: 'GET',
      url: `/api/users/${made.id}`,
      token: await app.issuer.managementToken(),
    });
    expect(made).toEqual(answer.json);
    expect(JSON.stringify(await client.users.get(made.id))).toBe(answer.text);
    expect(etagOf(made)).toBe(answer.headers['etag']);
    const changed = await client.users.update(made.id, { name: null, customData: { a: 1, b: 2 } });
    expect([changed.name, changed.customData]).toEqual([null, { a: 1, b: 2 }]);
    const merged = await client.users.merge(made.id, { customData: { a: null } });
    expect(merged.customData).toEqual({ b: 2 });
    await client.users.delete(made.id, { erase: true });
    expect(await client.users.find(made.id)).toBeUndefined();
    expect(await failure(client.users.get(made.id))).toMatchObject({ code: 'entity.not_found' });
  });

  it('may have any id that a path can hold', async () => {
    const { id } = await client.users.create({ id: `auth0|${unique()}/?#%..` });
    expect((await client.users.get(id)).id).toBe(id);
    proxy.next();
    for (const other of ['', '.', '..'])
      expect(await failure(client.users.delete(other))).toBeInstanceOf(TypeError);
    expect(proxy.seen).toEqual([]);
  });

  it('tell all that is wrong by a typed error', async () => {
    const id = await insertUser(app);
    const error = await failure(client.users.update(id, { avatar: 'x', username: '1' }));
    expect(error).toBeInstanceOf(ProblemError);
    const { name, status, code, errors, requestId } = error as ProblemError;
    expect([name, status, code]).toEqual(['ProblemError', 400, 'guard.invalid_input']);
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/avatar', '/username']);
    expect(requestId).toMatch(/^[\w-]{36}$/);
  });

  it('are found by a filter, keys of custom data included, whatever is in them', async () => {
    const value = unique('a&b=c ');
    for (const key of ['plan', 'a&b #ä', 'x.y'])
      await client.users.create({ name: key, customData: { [key]: value } });
    const found = async (customData: Record<string, string>) => {
      const users = [];
      for await (const { name } of client.users.list({ customData })) users.push(name);
      return users;
    };
    expect(await found({ 'customData.plan': value })).toEqual(['plan']);
    expect(await found({ 'customData.a&b #ä': value })).toEqual(['a&b #ä']);
    expect(await found({ 'customData/x.y': value })).toEqual(['x.y']);
    expect(await found({ 'customData.plan': value, 'customData.other': value })).toEqual([]);
  });

  it('are listed over any number of pages, as far as somebody reads', async () => {
    const prefix = unique();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await client.users.create({ name: prefix })).id);
    const filter = { 'search.name': prefix, 'mode.name': 'exact' as const, page_size: 2 };
    proxy.next();
    const listed: string[] = [];
    for await (const { id } of client.users.list(filter)) listed.push(id);
    expect(listed).toEqual(ids);
    expect(proxy.seen).toHaveLength(3);
    for await (const { id } of client.users.list(filter)) if (id === ids[1]) break;
    expect(proxy.seen).toHaveLength(4);
  });
});

describe('ifMatch', () => {
  it('takes the object itself, and says that somebody wrote in between', async () => {
    const id = await insertUser(app);
    const seen = await client.users.get(id);
    const changed = await client.users.update(id, { name: 'first' }, { ifMatch: seen });
    const late = await failure(client.users.update(id, { name: 'second' }, { ifMatch: seen }));
    expect(late).toBeInstanceOf(PreconditionFailedError);
    expect(late).toMatchObject({ status: 412, code: 'request.precondition_failed' });
    expect((await client.users.get(id)).name).toBe('first');
    await expect(client.users.delete(id, { ifMatch: seen })).rejects.toThrow(
      PreconditionFailedError,
    );
    await client.users.delete(id, { ifMatch: changed });
  });

  it('takes a number or an ETag, too', async () => {
    const id = await insertUser(app);
    await client.users.update(id, { name: 'first' }, { ifMatch: 1 });
    await client.users.update(id, { name: 'second' }, { ifMatch: '"2"' });
    const late = client.users.update(id, { name: 'third' }, { ifMatch: 2 });
    await expect(late).rejects.toThrow(PreconditionFailedError);
  });

  it('refuses what has no version, and sends nothing', async () => {
    const user = await client.users.get(await insertUser(app));
    proxy.next();
    const copied = async () => client.users.update(user.id, {}, { ifMatch: { ...user } });
    expect(await failure(copied())).toBeInstanceOf(TypeError);
    expect(proxy.seen).toEqual([]);
  });
});

describe('the rest of the API', () => {
  it('has its types, and throws the same errors', async () => {
    const { api } = client;
    const hook = await orThrow(api.POST('/api/hooks', { body: { url: 'https://example.com' } }));
    const path = { hookId: hook.id };
    const header = { 'If-Match': etagOf(hook) ?? '' };
    await orThrow(api.DELETE('/api/hooks/{hookId}', { params: { path, header } }));
    const again = orThrow(api.GET('/api/hooks/{hookId}', { params: { path } }));
    expect(await failure(again)).toMatchObject({ status: 404 });
  });

  it('has the own profile, with a user token', async () => {
    const id = await insertUser(app);
    const token = await app.issuer.userToken(id);
    const { profile } = new NameplateClient({ url: proxy.url, token });
    const seen = await profile.get();
    await profile.update({ name: 'Ada' }, { ifMatch: seen });
    await expect(profile.update({ name: 'Eve' }, { ifMatch: seen })).rejects.toThrow(
      PreconditionFailedError,
    );
    expect(await profile.updateClaims({ nickname: 'ada' })).toMatchObject({ nickname: 'ada' });
    expect(await profile.get()).toMatchObject({ id, name: 'Ada', profile: { nickname: 'ada' } });
  });
});
