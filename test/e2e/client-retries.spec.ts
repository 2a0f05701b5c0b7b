import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ClientOptions,
  NameplateClient,
  orThrow,
  ProblemError,
} from '../../packages/client/src/index.js';
import { events } from '../support/events.js';
import { type Fault, FaultyProxy } from '../support/faulty-proxy.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let proxy: FaultyProxy;
let token: string;
let id: string;
beforeAll(async () => {
  app = await TestApp.start({ HOOKS_ALLOW_PRIVATE_TARGETS: 'on' });
  await app.app.listen(0, '127.0.0.1');
  proxy = await FaultyProxy.start(await app.app.getUrl());
  token = await app.issuer.managementToken();
  id = await insertUser(app);
});
afterAll(async () => {
  await proxy.stop();
  await app.stop();
});

const clientWith = (options: Partial<ClientOptions> = {}) =>
  new NameplateClient({ url: proxy.url, token, ...options });

/** Only where nothing is answered, an attempt must end soon. */
const patientlyBut = (fault: Fault) => clientWith(fault === 'silence' ? { timeoutMs: 3_000 } : {});

/** How many events the user has. */
const changes = async () =>
  events(await app.call({ method: 'GET', url: `/api/users/${id}/events`, token })).length;

const soon = { 'retry-after': '0' };
const FAULTS: Fault[] = [
  { status: 503, headers: soon },
  { status: 429, headers: soon },
  { status: 502 },
  // The first attempt, whose answer was lost, still runs.
  { status: 409, headers: soon },
  ...(['refused', 'answer lost', 'answer cut', 'silence'] as const),
];

describe('a write', () => {
  it.each(FAULTS)('is done once, by one key, in spite of %j', async (fault) => {
    const before = await changes();
    const name = unique();
    proxy.next(fault, fault);
    const user = await patientlyBut(fault).users.update(id, { name });
    expect(user.name).toBe(name);
    expect(proxy.seen).toHaveLength(3);
    expect(new Set(proxy.keys).size).toBe(1);
    expect(proxy.keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(await changes()).toBe(before + 1);
  });

  it('has a key of its own each time, or that of the caller', async () => {
    const client = clientWith();
    proxy.next();
    const made = await client.users.create({});
    await client.users.merge(made.id, { name: 'a' });
    await client.users.delete(made.id);
    const { api } = client;
    await orThrow(api.PATCH('/api/users/{userId}', { params: { path: { userId: id } }, body: {} }));
    expect(new Set(proxy.keys).size).toBe(4);
    await client.users.update(id, {}, { idempotencyKey: 'mine' });
    expect(proxy.keys[4]).toBe('mine');
  });

  it('that knows no key is sent again only if it was not done for certain', async () => {
    const { api } = clientWith();
    const hook = await orThrow(api.POST('/api/hooks', { body: { url: 'http://127.0.0.1:9' } }));
    const params = { path: { hookId: hook.id } };
    const send = () => orThrow(api.POST('/api/hooks/{hookId}/test', { params }));
    for (const fault of [{ status: 503, headers: soon }, 'refused'] as const) {
      proxy.next(fault);
      await expect(send()).rejects.toThrow();
      expect(proxy.keys).toEqual([undefined]);
    }
    proxy.next({ status: 429, headers: soon });
    expect(await send()).toMatchObject({ delivered: false });
    expect(proxy.keys).toEqual([undefined, undefined]);
  });

  it('that is refused is not sent again', async () => {
    proxy.next();
    await expect(clientWith().users.update(id, { username: '1' })).rejects.toThrow();
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('a read', () => {
  it.each(FAULTS.filter((fault) => fault !== FAULTS[3]))('is answered after %j', async (fault) => {
    proxy.next(fault);
    expect((await patientlyBut(fault).users.get(id)).id).toBe(id);
    expect(proxy.seen).toHaveLength(2);
    expect(proxy.keys).toEqual([undefined, undefined]);
  });

  it('waits as long as Retry-After says', async () => {
    proxy.next({ status: 503, headers: { 'retry-after': '2' } });
    const start = performance.now();
    await clientWith().users.get(id);
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_990);
  });

  it('fails once it was sent as often as it may be', async () => {
    proxy.next(...Array.from({ length: 9 }, () => ({ status: 503, headers: soon })));
    const error = await clientWith({ retries: 2 })
      .users.get(id)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ status: 503, code: undefined, retryAfterMs: 0 });
    expect(proxy.seen).toHaveLength(3);
    proxy.next('refused', 'refused', 'refused');
    await expect(clientWith({ retries: 1 }).users.get(id)).rejects.toThrow('fetch failed');
    expect(proxy.seen).toHaveLength(2);
  });

  it('fails at once when it would have to wait for too long', async () => {
    proxy.next({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(clientWith().users.get(id)).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(proxy.seen).toHaveLength(1);
  });

  it.each<[string, Fault]>([
    ['it waits to be sent again', { status: 503, headers: { 'retry-after': '20' } }],
    ['it is under way', 'silence'],
  ])('ends by its signal while %s', async (_, fault) => {
    proxy.next(fault);
    const start = performance.now();
    const asked = clientWith().users.get(id, { signal: AbortSignal.timeout(500) });
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('a token', () => {
  it('is asked for once, whatever is sent at the same time', async () => {
    let asked = 0;
    const client = clientWith({ token: () => (asked++, Promise.resolve(token)) });
    await Promise.all([1, 2, 3].map(() => client.users.get(id)));
    await client.users.get(id);
    expect(asked).toBe(1);
  });

  it('is asked for again once when it is refused, and the request is done then', async () => {
    const before = await changes();
    const expired = await app.issuer.managementToken({ exp: 1 });
    const tokens = [expired, token];
    const client = clientWith({ token: () => tokens.shift() ?? 'none' });
    proxy.next();
    const name = unique();
    expect((await client.users.update(id, { name })).name).toBe(name);
    expect(proxy.seen.map(({ headers }) => headers.authorization)).toEqual(
      [expired, token].map((one) => `Bearer ${one}`),
    );
    expect(new Set(proxy.keys).size).toBe(1);
    expect(await changes()).toBe(before + 1);
    await client.users.get(id);
    expect(tokens).toEqual([]);
  });

  it('that is refused again is an error', async () => {
    let asked = 0;
    const client = clientWith({ token: () => `none ${asked++}` });
    proxy.next();
    await expect(client.users.get(id)).rejects.toMatchObject({ status: 401 });
    expect([asked, proxy.seen.length]).toEqual([2, 2]);
    proxy.next();
    const fixed = clientWith({ token: 'none' });
    await expect(fixed.users.get(id)).rejects.toMatchObject({ code: 'auth.unauthorized' });
    expect(proxy.seen).toHaveLength(1);
  });

  it('that cannot be had is told, and asked for again by the next call', async () => {
    const answers = [() => Promise.reject(new Error('no token')), () => Promise.resolve(token)];
    const client = clientWith({ token: () => (answers.shift() as () => Promise<string>)() });
    await expect(client.users.get(id)).rejects.toThrow('no token');
    expect((await client.users.get(id)).id).toBe(id);
  });
});
