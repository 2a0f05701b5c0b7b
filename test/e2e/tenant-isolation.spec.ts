import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomId } from '../../src/text/random-id.js';
import { apiDocument } from '../support/api-document.js';
import { TestReceiver } from '../support/receiver.js';
import type { Answer, Call } from '../support/test-app.js';
import { TestOperator } from '../support/tenants.js';
import { TestTenant } from '../support/test-tenant.js';
import { insertUser, unique } from '../support/users.js';

/** What is somewhere: all that a request can name. */
interface Place {
  userId: string;
  hookId: string;
  deliveryId: string;
  target: string;
  ssoConnectorId: string;
  /** Idempotency-Key. */
  key: string;
}

interface Operation {
  method: string;
  path: string;
  id: string;
  kind: 'user' | 'management';
  parameters: string[];
  hasBody: boolean;
}

const OPERATIONS: Operation[] = Object.entries<any>(apiDocument().paths).flatMap(
  ([path, methods]) =>
    Object.entries<any>(methods).flatMap(([method, { operationId, security, ...more }]) => {
      const kind = ['user', 'management'].find((name) => `${name}Token` in (security[0] ?? {}));
      if (!kind) return [];
      const parameters = (more.parameters ?? []).map(({ name }: { name: string }) => name);
      const hasBody = 'requestBody' in more;
      return [{ method: method.toUpperCase(), path, id: operationId, kind, parameters, hasBody }];
    }),
) as Operation[];

/** What is not in the path and could name something of another tenant: each is tried below. */
const NAMING = ['Idempotency-Key', 'If-Match', 'If-None-Match', 'Last-Event-ID', 'after', 'cursor'];
const IN_PATH = ['userId', 'target', 'ssoConnectorId', 'hookId', 'deliveryId'];
/** What can not. */
const NEUTRAL =
  /^(page|page_size|count|(search|mode)(\.\w+)?|joint|isCaseSensitive|isSuspended|customData|dryRun|erase|limit|types|wait|state)$/;

const PASSWORD = 'Correct-horse-7-battery';
let receiver: TestReceiver;

/** A body of each operation that has one; it says nothing of a tenant. */
const BODIES: Record<string, () => object> = {
  updateProfile: () => ({ name: 'Same' }),
  updateOwnClaims: () => ({ nickname: 'same' }),
  createUser: () => ({ name: 'Same' }),
  updateUser: () => ({ name: 'Same' }),
  updateCustomData: () => ({ customData: { same: true } }),
  updateUserProfile: () => ({ profile: { nickname: 'same' } }),
  updateIsSuspended: () => ({ isSuspended: true }),
  updateSignIn: () => ({ lastSignInAt: 1_763_750_000_000 }),
  updatePassword: () => ({ password: PASSWORD }),
  verifyPassword: () => ({ password: PASSWORD }),
  putIdentity: () => ({ userId: unique() }),
  putSsoIdentity: () => ({ issuer: 'https://okta.test', identityId: unique() }),
  createHook: () => ({ url: receiver.url }),
  updateHook: () => ({ enabled: false }),
  replayHook: () => ({ state: 'dead' }),
};

let operator: TestOperator;
let acme: TestTenant;
let globex: TestTenant;
let password: object;
beforeAll(async () => {
  receiver = await TestReceiver.start();
  operator = await TestOperator.start({ HOOKS_ALLOW_PRIVATE_TARGETS: 'on' });
  [acme, globex] = [
    await TestTenant.make(operator, 'acme'),
    await TestTenant.make(operator, 'globex'),
  ];
  for (const { id } of [acme, globex]) await insertUser(operator.app, ofTenant(id, 'both'));
  const url = '/api/users/both/password';
  await acme.call({ method: 'PATCH', url, body: { password: PASSWORD } });
  const { rows } = await operator.app.database.client.query<object>(
    `SELECT password_digest, password_algorithm FROM users WHERE tenant_id = 'acme'`,
  );
  password = rows[0] ?? {};
});
afterAll(async () => {
  await operator.app.stop();
  await receiver.stop();
});

/** Columns of a user whose every value names the tenant, but for those that are the same in all. */
const ofTenant = (tenant: string, id: string) => ({
  ...{ tenant_id: tenant, id, username: id, username_key: id },
  ...{ primary_email: `${id}@example.com`, primary_email_key: `${id}@example.com` },
  name: `Name of ${tenant}`,
  avatar: `https://example.com/${tenant}.png`,
  custom_data: { owner: tenant },
  profile: { nickname: tenant },
});

/** A user, a hook and a delivery that only acme has. */
async function placeOfAcme(): Promise<Place> {
  const { client } = operator.app.database;
  const userId = unique();
  await insertUser(operator.app, { ...ofTenant('acme', userId), ...password });
  const place = { userId, deliveryId: '500', target: 'github', ssoConnectorId: 'okta' };
  for (const sql of [
    `INSERT INTO user_identities (tenant_id, user_id, target, identity_id, details)
     VALUES ('acme', $1, 'github', $1, '{"at":"acme"}')`,
    `INSERT INTO user_sso_identities
       (tenant_id, user_id, sso_connector_id, id, issuer, identity_id, detail)
     VALUES ('acme', $1, 'okta', $1, 'https://acme.okta.test', $1, '{}')`,
  ])
    await client.query(sql, [userId]);
  await acme.call({
    method: 'PATCH',
    url: `/api/users/${userId}`,
    body: { name: `Acme ${userId}` },
  });
  const body = { url: receiver.url, headers: { 'x-owner': 'acme' } };
  const hook = await acme.call({ method: 'POST', url: '/api/hooks', body });
  const hookId = hook.json.id as string;
  await client.query(
    `INSERT INTO hook_deliveries (tenant_id, hook_id, sequence, event_id, type, user_id, run, state)
     VALUES ('acme', $1, 500, gen_random_uuid(), 'User.Created', $2, 0, 'dead')`,
    [hookId, userId],
  );
  return { ...place, hookId, key: unique() };
}

/** What no tenant has. */
const nowhere = (): Place => ({
  ...{ userId: unique(), hookId: randomId(), deliveryId: '700' },
  ...{ target: 'github', ssoConnectorId: 'okta', key: unique() },
});

/** A request of this operation about what is there. */
function ask(
  { id, method, path, parameters, hasBody }: Operation,
  place: Place,
  body?: object,
): Call {
  if (hasBody && !body) throw new Error(`say in BODIES what to send to ${id}`);
  const url = path.replace(/\{(\w+)\}/g, (_, name: keyof Place) => place[name]);
  const isKeyed = parameters.includes('Idempotency-Key');
  const headers: Record<string, string> = isKeyed ? { 'idempotency-key': place.key } : {};
  return { method, url, headers, body };
}

/** What an answer says, but for what is new in each. */
function said({ status, headers, text }: Answer, { userId, hookId }: Place) {
  const kept = [
    'etag',
    'link',
    'total-number',
    'last-sequence',
    'idempotency-replayed',
    'location',
  ];
  const all = JSON.stringify([status, kept.map((name) => [name, headers[name]]), text])
    .replaceAll(userId, '{userId}')
    .replaceAll(hookId, '{hookId}');
  return all
    .replace(/(\\"(instance|id|secret)\\":\\")[^"]*\\"/g, '$1…\\"')
    .replace(/(\\"(createdAt|updatedAt)\\":)\d+/g, '$1…')
    .replace(/((users|hooks)\/)[a-z0-9]{12}"/, '$1…"');
}

/** No value and no id of acme. */
function expectNothingOfAcme(answers: Answer[], { userId, hookId }: Place) {
  for (const { headers, text } of answers)
    expect(JSON.stringify(headers) + text).not.toMatch(new RegExp(`acme|${userId}|${hookId}`, 'i'));
}

describe('of every route', () => {
  it('it is said here what it can name', () => {
    expect(OPERATIONS.length).toBeGreaterThanOrEqual(33);
    const names = new Set(OPERATIONS.flatMap(({ parameters }) => parameters));
    const known = (name: string) => [...NAMING, ...IN_PATH].includes(name) || NEUTRAL.test(name);
    expect([...names].filter((name) => !known(name))).toEqual([]);
    expect(Object.keys(BODIES).sort()).toEqual(
      OPERATIONS.flatMap(({ id, hasBody }) => (hasBody ? [id] : [])).sort(),
    );
  });

  it.each(OPERATIONS)('$method $path knows nothing of another tenant', async (operation) => {
    const place = await placeOfAcme();
    const body = BODIES[operation.id]?.();
    const asked = ask(operation, place, body);
    const token = await acme.token(operation.kind, place.userId);
    const own = await acme.call({ ...asked, token });
    expect(`${own.status} ${own.text}`).toMatch(/^2/);
    const deliveries = receiver.received.length;
    const before = { acme: await acme.rows(), globex: await globex.rows() };

    // One that was accepted a moment ago on its own host, and one that is new.
    for (const foreign of [token, await acme.token(operation.kind, place.userId)]) {
      const refused = await globex.call({ ...asked, token: foreign });
      expect(refused).toMatchObject({ status: 401, json: { code: 'auth.unauthorized' } });
      expectNothingOfAcme([refused], place);
    }
    expect({ acme: await acme.rows(), globex: await globex.rows() }).toEqual(before);

    const absent = nowhere();
    const known = await globex.call({
      ...asked,
      token: await globex.token(operation.kind, place.userId),
    });
    const unknown = await globex.call({
      ...ask(operation, absent, body),
      token: await globex.token(operation.kind, absent.userId),
    });
    expect(said(known, place)).toBe(said(unknown, absent));
    expectNothingOfAcme([known, unknown], place);
    expect(await acme.rows()).toEqual(before.acme);
    expect(receiver.received).toHaveLength(deliveries);
  });
});

describe('beside what is one’s own', () => {
  const userId = unique();
  let hookId: string;
  /** A place in acme's feed, to which that of globex has not come. */
  let end: number;
  let place: Place;

  beforeAll(async () => {
    place = await placeOfAcme();
    await insertUser(operator.app, ofTenant('globex', userId));
    const body = { url: receiver.url };
    const hook = await globex.call({ method: 'POST', url: '/api/hooks', body });
    hookId = hook.json.id as string;
    for (let n = 0; n < 3; n += 1) await change(globex, userId);
    const last = await lastOf(globex);
    for (let n = 0; n < last + 3; n += 1) await change(acme, place.userId);
    end = await lastOf(acme);
  });

  const change = ({ call, id }: TestTenant, user: string) =>
    call({ method: 'PATCH', url: `/api/users/${user}`, body: { name: `${unique()} of ${id}` } });
  const lastOf = async ({ call }: TestTenant) =>
    Number((await call({ method: 'GET', url: '/api/events' })).headers['last-sequence']);
  const cursor = (id: string) => Buffer.from(`1763750000000 ${id}`).toString('base64url');
  const user = () => `/api/users/${userId}`;
  const hook = () => `/api/hooks/${hookId}`;

  /** What of acme, what of nobody, how both are answered, and the request. */
  const cases: [string, () => unknown, unknown, number, (what: any) => Call][] = [
    ['a place in the feed', () => end, 9999, 400, (after) => get(`/api/events?after=${after}`)],
    [
      'a Last-Event-ID',
      () => end,
      9999,
      400,
      (id) => get('/api/events', { 'last-event-id': `${id}` }),
    ],
    [
      'a cursor of users',
      () => cursor(place.userId),
      cursor('nobody'),
      200,
      (text) => get(`/api/users?page_size=5&cursor=${text}`),
    ],
    ['a cursor of events', () => end, 9999, 200, (at) => get(`${user()}/events?cursor=${at}`)],
    [
      'a cursor of deliveries',
      () => 500,
      700,
      200,
      (at) => get(`${hook()}/deliveries?cursor=${at}`),
    ],
    ['a delivery', () => 500, 700, 404, (id) => post(`${hook()}/deliveries/${id}/replay`)],
    [
      'a place to replay from',
      () => end,
      9999,
      400,
      (after) => post(`${hook()}/replay`, { after }),
    ],
    ['a version', () => '"1"', '"99"', 200, (tag) => get(user(), { 'if-none-match': tag })],
    ['a version to write', () => '"1"', '"99"', 412, (tag) => patch(user(), { name: 'x' }, tag)],
  ];
  const get = (url: string, headers = {}): Call => ({ method: 'GET', url, headers });
  const post = (url: string, body?: object): Call => ({ method: 'POST', url, body });
  const patch = (url: string, body: object, tag: string): Call => ({
    ...{ method: 'PATCH', url, body },
    headers: { 'if-match': tag },
  });

  it.each(cases)(
    '%s of another tenant is as one of nobody',
    async (_, known, unknown, status, asked) => {
      const before = await acme.rows();
      const there = await globex.call(asked(known()));
      const nowhere = await globex.call(asked(unknown));
      expect([there.status, nowhere.status]).toEqual([status, status]);
      const answers = [there, nowhere].map((answer) => said(answer, { ...place, userId, hookId }));
      const cursorless = answers.map((text) => text.replaceAll(/cursor=[\w-]+/g, 'cursor=…'));
      expect(cursorless[0]).toBe(cursorless[1]);
      expectNothingOfAcme([there, nowhere], place);
      expect(await acme.rows()).toEqual(before);
    },
  );
});

describe('users of the same ids', () => {
  const ids = Array.from({ length: 50 }, () => unique());
  const phones = new Map(ids.map((id, index) => [id, `6141${2_000_000 + index}`]));
  const both = () => [acme, globex];

  /** Does it for all users of both tenants at the same time, and answers each. */
  const each = (call: (id: string, tenant: TestTenant) => Call) =>
    Promise.all(
      ids.flatMap((id) =>
        both().map(async (tenant) => ({
          ...{ id, tenant: tenant.id },
          answer: await tenant.call(call(id, tenant)),
        })),
      ),
    );
  const user = (id: string) => `/api/users/${id}`;
  const keyed = (key: string) => ({ 'idempotency-key': key });

  it('are made side by side, with the same of all that is unique, by the same keys', async () => {
    const made = await each((id, tenant) => ({
      ...{ method: 'POST', url: '/api/users', headers: keyed(id) },
      body: {
        ...{ id, username: id, primaryEmail: `${id}@example.com`, primaryPhone: phones.get(id) },
        ...{ name: `${tenant.id} ${id}`, customData: { owner: tenant.id } },
      },
    }));
    for (const { id, tenant, answer } of made) {
      expect(answer.status).toBe(201);
      expect(answer.headers['idempotency-replayed']).toBeUndefined();
      expect(answer.json).toMatchObject({ id, name: `${tenant} ${id}` });
    }
    const put = await each((id, tenant) => ({
      ...{ method: 'PUT', url: `${user(id)}/identities/github`, headers: keyed(`put-${id}`) },
      body: { userId: id, details: { of: tenant.id } },
    }));
    for (const { id, tenant, answer } of put) {
      expect(answer.status).toBe(201);
      expect(answer.json).toEqual({ github: { userId: id, details: { of: tenant } } });
    }
  });

  it('are unique in each', async () => {
    const [id = ''] = ids;
    for (const { call } of both())
      for (const [body, code] of [
        [{ id }, 'user.id_already_in_use'],
        [{ username: id }, 'user.username_already_in_use'],
        [{ primaryEmail: `${id}@example.com` }, 'user.email_already_in_use'],
        [{ primaryPhone: phones.get(id) }, 'user.phone_already_in_use'],
      ])
        expect((await call({ method: 'POST', url: '/api/users', body })).json.code).toBe(code);
  });

  it('are read, changed and found at the same time, each as its own tenant has it', async () => {
    const [patched, keyedAnswers, read, found, listed, own] = await Promise.all([
      each((id, tenant) => ({
        ...{ method: 'PATCH', url: user(id), body: { avatar: `https://${tenant.id}.test/${id}` } },
      })),
      each((id, tenant) => ({
        ...{ method: 'PATCH', url: `${user(id)}/custom-data`, headers: keyed(`patch-${id}`) },
        body: { customData: { note: tenant.id } },
      })),
      each((id) => ({ method: 'GET', url: user(id) })),
      each((id) => ({ method: 'GET', url: `/api/users?search.id=${id}&mode.id=exact` })),
      each(() => ({ method: 'GET', url: '/api/users?page_size=50&count=none&isSuspended=false' })),
      Promise.all(
        ids.flatMap((id) =>
          both().map(async (tenant) => ({
            ...{ id, tenant: tenant.id },
            answer: await tenant.call({
              ...{ method: 'GET', url: '/api/profile', token: await tenant.token('user', id) },
            }),
          })),
        ),
      ),
    ]);
    for (const { id, tenant, answer } of [...patched, ...read, ...own])
      expect([answer.status, answer.json]).toMatchObject([200, { id, name: `${tenant} ${id}` }]);
    for (const { id, tenant, answer } of patched)
      expect(answer.json.avatar).toBe(`https://${tenant}.test/${id}`);
    for (const { tenant, answer } of keyedAnswers)
      expect([answer.status, answer.json]).toEqual([200, { owner: tenant, note: tenant }]);
    for (const { id, tenant, answer } of found) {
      expect(answer.headers['total-number']).toBe('1');
      expect(JSON.parse(answer.text)).toMatchObject([{ id, name: `${tenant} ${id}` }]);
    }
    const other = { acme: /globex/i, globex: /acme/i };
    for (const { tenant, answer } of listed) {
      expect(JSON.parse(answer.text)).toHaveLength(50);
      expect(answer.text).not.toMatch(other[tenant as 'acme']);
    }
    const again = await each((id, tenant) => ({
      ...{ method: 'PATCH', url: `${user(id)}/custom-data`, headers: keyed(`patch-${id}`) },
      body: { customData: { note: tenant.id } },
    }));
    for (const { tenant, answer } of again)
      expect([answer.headers['idempotency-replayed'], answer.json.owner]).toEqual(['true', tenant]);
  });

  it('have a history of their own, which is erased in one tenant alone', async () => {
    const [id = ''] = ids;
    const url = `${user(id)}/events`;
    const history = await globex.call({ method: 'GET', url });
    expect(history.text).toContain('urn:nameplate:globex');
    expect(history.text).not.toMatch(/acme/i);
    const before = await globex.rows();
    const erased = await acme.call({ method: 'DELETE', url: `${user(id)}?erase=true` });
    expect(erased.status).toBe(204);
    expect(await globex.rows()).toEqual(before);
    expect((await globex.call({ method: 'GET', url })).text).toBe(history.text);
  });

  it('are counted and walked in each', async () => {
    const sizes = { acme: 1_300, globex: 1_100 };
    const totals: Record<string, number> = {};
    const { client } = operator.app.database;
    for (const [tenant, size] of Object.entries(sizes)) {
      await client.query(
        `INSERT INTO users (tenant_id, id, name, created_at)
         SELECT $1, 'n' || n, $1, '2025-11-01'::timestamptz + n * interval '1 second'
         FROM generate_series(1, $2::integer) n`,
        [tenant, size],
      );
      const { rows } = await client.query<{ count: string }>(
        'SELECT count(*) FROM users WHERE tenant_id = $1',
        [tenant],
      );
      totals[tenant] = Number(rows[0]?.count);
    }
    expect(totals['acme']).not.toBe(totals['globex']);
    // Another's total and page are shared: with those who ask at the same time, and a moment later.
    for (const query of ['page_size=7', 'page=2', 'search=%25n1%25', 'search=%25n1%25&count=exact'])
      for (let round = 0; round < 2; round += 1) {
        const answers = await Promise.all(
          Array.from({ length: 10 }, () =>
            both().map((tenant) => tenant.call({ method: 'GET', url: `/api/users?${query}` })),
          ).flat(),
        );
        for (const [index, { text, headers }] of answers.entries()) {
          const [own, other] =
            index % 2 === 0 ? (['acme', /globex/i] as const) : (['globex', /acme/i] as const);
          expect(text).not.toMatch(other);
          if (query.startsWith('page')) expect(headers['total-number']).toBe(`${totals[own]}`);
        }
      }
    const walks = await Promise.all(
      both().map(async ({ call }) => {
        const names: string[] = [];
        for (let url: string | undefined = '/api/users?page_size=100&cursor='; url;) {
          const page: Answer = await call({ method: 'GET', url });
          names.push(...(JSON.parse(page.text) as { name: string }[]).map(({ name }) => name));
          url = page.next;
        }
        return names;
      }),
    );
    expect(walks.map((names) => names.length)).toEqual([totals['acme'], totals['globex']]);
    expect(walks[0]?.join()).not.toMatch(/globex/i);
    expect(walks[1]?.join()).not.toMatch(/acme/i);
  });
});
