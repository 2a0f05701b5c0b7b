import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TABLES_OF_TENANTS } from '../../src/tenants/tenants.statements.js';
import { TestApp } from '../support/test-app.js';
import { OPERATOR_HOST, operatorToken, TestOperator } from '../support/tenants.js';
import { unique } from '../support/users.js';

let operator: TestOperator;
let app: TestApp;
beforeAll(async () => {
  operator = await TestOperator.start({
    AUTH_ISSUER: 'https://{tenant}.issuer.test',
    AUTH_USER_AUDIENCE: 'urn:test:u',
    AUTH_MANAGEMENT_AUDIENCE: 'urn:test:m',
  });
  app = operator.app;
});
afterAll(() => app.stop());

const NULLS = { issuer: null, jwksUri: null, userAudience: null, managementAudience: null };

async function create(fields: object = {}): Promise<string> {
  const id = unique('t');
  const answer = await operator.call('POST', '', { id, ...fields });
  expect(answer.status).toBe(201);
  return id;
}

describe('a tenant', () => {
  it('is made with nothing but its id, and read again', async () => {
    const id = unique('t');
    const made = await operator.call('POST', '', { id });
    expect(made).toMatchObject({ status: 201, location: `/api/tenants/${id}` });
    expect(made.headers['etag']).toBe('"1"');
    const { createdAt, updatedAt, ...rest } = made.json;
    expect(rest).toEqual({ id, hosts: [], ...NULLS, settings: {}, isSuspended: false });
    expect(Math.abs(createdAt - Date.now())).toBeLessThan(60_000);
    expect(updatedAt).toBe(createdAt);
    expect((await operator.call('GET', `/${id}`)).json).toEqual(made.json);
  });

  it('keeps all that is sent, with its hosts sorted', async () => {
    const fields = {
      issuer: 'https://login.acme.test',
      jwksUri: 'https://login.acme.test/jwks',
      userAudience: 'urn:acme:u',
      managementAudience: 'urn:acme:m',
      settings: { selfServiceFields: { name: 'off' }, reservedUsernames: ['root'] },
      isSuspended: true,
    };
    const id = await create({ ...fields, hosts: ['b.acme.test', 'a.acme.test'] });
    expect((await operator.call('GET', `/${id}`)).json).toMatchObject({
      ...fields,
      hosts: ['a.acme.test', 'b.acme.test'],
    });
  });

  it('keeps what a patch leaves out, and its version when nothing changes', async () => {
    const host = `${unique()}.test`;
    const id = await create({ hosts: [host], settings: { eventsRetentionDays: 9 } });
    for (const body of [{}, { hosts: [host], issuer: null }]) {
      const same = await operator.call('PATCH', `/${id}`, body);
      expect(same).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    }
    const patched = await operator.call('PATCH', `/${id}`, { isSuspended: true });
    expect(patched.headers['etag']).toBe('"2"');
    expect(patched.json).toMatchObject({
      hosts: [host],
      settings: { eventsRetentionDays: 9 },
      isSuspended: true,
    });
    const emptied = await operator.call('PATCH', `/${id}`, { hosts: [], settings: {} });
    expect(emptied.json).toMatchObject({ hosts: [], settings: {}, isSuspended: true });
  });

  it('takes a merge patch (RFC 7396)', async () => {
    const settings = { selfServiceFields: { name: 'off', avatar: 'off' }, eventsRetentionDays: 9 };
    const id = await create({ settings });
    const patch = { settings: { selfServiceFields: { name: null }, deliveriesRetentionDays: 3 } };
    const merged = await operator.call('PATCH', `/${id}`, patch, {
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(merged.json.settings).toEqual({
      selfServiceFields: { avatar: 'off' },
      eventsRetentionDays: 9,
      deliveriesRetentionDays: 3,
    });
  });

  it('is written and read by its version', async () => {
    const id = await create();
    const path = `/${id}`;
    const when = (headers: Record<string, string>) => ({ headers });
    const known = await operator.call('GET', path, undefined, when({ 'if-none-match': '"1"' }));
    expect(known.status).toBe(304);
    const stale = when({ 'if-match': '"7"' });
    for (const [method, body] of [['PATCH', { isSuspended: true }], ['DELETE']] as const) {
      const refused = await operator.call(method, path, body, stale);
      expect(refused.json.code).toBe('request.precondition_failed');
    }
    const patch = { isSuspended: true };
    const done = await operator.call('PATCH', path, patch, when({ 'if-match': '"1"' }));
    expect(done.status).toBe(200);
  });

  it('that is not there is 404, whatever is asked', async () => {
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const)
      for (const id of ['nobody', 'A', '%00', 'a%2Fb'])
        expect((await operator.call(method, `/${id}`, body)).json.code).toBe('entity.not_found');
  });
});

describe('a bad body', () => {
  const cases: [object, ...string[]][] = [
    [{}, '/id'],
    ...['', 'A', '-a', 'a-', 'a.b', 'a_b', 'ü', 'a'.repeat(64), 5, null].map(
      (id): [object, string] => [{ id }, '/id'],
    ),
    [{ id: 'x', hosts: 'a.test' }, '/hosts'],
    [
      { id: 'x', hosts: ['a.test', 'A.test', 'a.test:80', 'a.test'] },
      '/hosts/1',
      '/hosts/2',
      '/hosts/3',
    ],
    [
      { id: 'x', hosts: ['bücher.test', '', '*.test', 'a.test.', 7] },
      '/hosts/0',
      '/hosts/1',
      '/hosts/2',
      '/hosts/3',
      '/hosts/4',
    ],
    [{ id: 'x', hosts: Array.from({ length: 21 }, (_, index) => `h${index}.test`) }, '/hosts'],
    [{ id: 'x', hosts: [OPERATOR_HOST, 'y.users.test'] }, '/hosts/0', '/hosts/1'],
    [{ id: 'x', issuer: '', jwksUri: 'ftp://a' }, '/issuer', '/jwksUri'],
    [{ id: 'x', issuer: 'https://{tenant}.test' }, '/issuer'],
    [
      { id: 'x', userAudience: '', managementAudience: 'a b' },
      '/userAudience',
      '/managementAudience',
    ],
    [{ id: 'x', userAudience: 'urn:{tenant}' }, '/userAudience'],
    [
      { id: 'x', settings: { more: 1, selfServiceFields: { id: 'off' } } },
      '/settings/more',
      '/settings/selfServiceFields/id',
    ],
    [{ id: 'x', settings: null, isSuspended: 'yes' }, '/settings', '/isSuspended'],
    [{ id: 'x', createdAt: 1, version: 1, name: 'x' }, '/createdAt', '/version', '/name'],
  ];

  it.each(cases)('%j is 400 with all that is wrong', async (body, ...pointers) => {
    const answer = await operator.call('POST', '', body);
    expect(answer.json).toMatchObject({ status: 400, code: 'guard.invalid_input' });
    const found = answer.json.errors.map((error: { pointer: string }) => error.pointer);
    expect(found.sort()).toEqual(pointers.sort());
  });

  it('of a patch is 400 by the same rules, and changes nothing', async () => {
    const id = await create();
    for (const [body, ...pointers] of cases.slice(11)) {
      const { id: _id, ...patch } = body as { id?: unknown };
      const answer = await operator.call('PATCH', `/${id}`, patch);
      const found = answer.json.errors.map((error: { pointer: string }) => error.pointer);
      expect(found.sort()).toEqual(pointers.sort());
    }
    const named = await operator.call('PATCH', `/${id}`, { id });
    expect(named.json.errors).toMatchObject([{ pointer: '/id', code: 'read_only' }]);
    expect((await operator.call('GET', `/${id}`)).headers['etag']).toBe('"1"');
  });

  it('is not looked at before the token', async () => {
    const answer = await operator.call('POST', '', '{', { token: 'abc' });
    expect(answer.status).toBe(401);
  });

  it.each(['?page=1', '?cursor=A', '?page_size=0', '?page_size=101', '?cursor=a&cursor=b'])(
    'or query %s is 400',
    async (query) => {
      expect((await operator.call('GET', query)).json.code).toBe('guard.invalid_input');
    },
  );
});

describe('two tenants', () => {
  it('never have one id', async () => {
    const id = await create();
    const again = await operator.call('POST', '', { id });
    expect(again.json).toMatchObject({ status: 422, code: 'tenant.id_already_in_use' });
    expect(again.json.errors).toMatchObject([{ pointer: '/id' }]);
  });

  it('never have one host, also when they are made at the same time', async () => {
    const host = `${unique()}.test`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        operator.call('POST', '', { id: unique('t'), hosts: [`${unique()}.test`, host] }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array<number>(7).fill(422),
    ]);
    for (const { json, status } of answers)
      if (status === 422)
        expect(json).toMatchObject({
          code: 'tenant.host_already_in_use',
          errors: [{ pointer: '/hosts/1' }],
        });
    const id = await create();
    const taken = await operator.call('PATCH', `/${id}`, { hosts: [host] });
    expect(taken.json.code).toBe('tenant.host_already_in_use');
  });

  it('give a host on by leaving it', async () => {
    const host = `${unique()}.test`;
    const id = await create({ hosts: [host] });
    await operator.call('PATCH', `/${id}`, { hosts: [] });
    await create({ hosts: [host] });
  });

  it.each([
    [{ issuer: 'https://same.test' }, { issuer: 'https://same.test' }],
    [
      { issuer: 'https://one.test', userAudience: 'a', managementAudience: 'b' },
      { issuer: 'https://one.test', userAudience: 'c', managementAudience: 'a' },
    ],
  ])('never accept the same tokens: %j, %j', async (one, other) => {
    await create(one);
    const answer = await operator.call('POST', '', { id: unique('t'), ...other });
    expect(answer.json).toMatchObject({ status: 422, code: 'tenant.issuer_already_in_use' });
    const id = await create();
    const patch = await operator.call('PATCH', `/${id}`, other);
    expect(patch.json.code).toBe('tenant.issuer_already_in_use');
    expect((await operator.call('GET', `/${id}`)).headers['etag']).toBe('"1"');
  });

  it('never accept the same tokens, where one has the other by its template, or operators have', async () => {
    const id = await create();
    const bodies = [
      { issuer: `https://${id}.issuer.test` },
      { issuer: app.issuer.url, userAudience: 'urn:test:operator' },
      { userAudience: 'same', managementAudience: 'same' },
    ];
    for (const body of bodies) {
      const answer = await operator.call('POST', '', { id: unique('t'), ...body });
      expect(answer.json.code).toBe('tenant.issuer_already_in_use');
    }
    await create({
      issuer: `https://${id}.issuer.test`,
      userAudience: 'u',
      managementAudience: 'm',
    });
  });
});

describe('the list of tenants', () => {
  it('is walked by Link, each one once', async () => {
    const ids = [await create(), await create(), await create()];
    const seen: string[] = [];
    for (let url: string | undefined = '/api/tenants?page_size=2'; url !== undefined;) {
      const page = await operator.call('GET', '', undefined, { url });
      const batch = JSON.parse(page.text) as { id: string }[];
      expect(batch.length).toBeLessThanOrEqual(2);
      seen.push(...batch.map(({ id }) => id));
      url = page.next;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(ids));
  });
});

describe('a tenant that is deleted', () => {
  it('must be suspended and have no users', async () => {
    const id = await create();
    const active = await operator.call('DELETE', `/${id}`);
    expect(active.json).toMatchObject({ status: 422, code: 'tenant.in_use' });
    await operator.call('PATCH', `/${id}`, { isSuspended: true });
    await app.database.client.query(`INSERT INTO users (tenant_id, id) VALUES ($1, 'u')`, [id]);
    const full = await operator.call('DELETE', `/${id}`);
    expect(full.json).toMatchObject({ code: 'tenant.in_use', detail: 'The tenant has users.' });
  });

  it('takes all with it, in every table that has tenants, and nothing of another one', async () => {
    const [id, other] = [await create({ hosts: [`${unique()}.test`] }), await create()];
    for (const tenant of [id, other])
      await app.database.client.query(
        `WITH h AS (INSERT INTO user_event_sequences (tenant_id) VALUES ('${tenant}')
           ON CONFLICT DO NOTHING)
         INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, type, changes)
         SELECT '${tenant}', gen_random_uuid(), 'u', n, now() + (n % 3)::bool::int * interval '1 month',
           'User.Created', '[]'
         FROM generate_series(1, 4500) n`,
      );
    await operator.call('PATCH', `/${id}`, { isSuspended: true });
    expect((await operator.call('DELETE', `/${id}`)).status).toBe(204);
    expect((await operator.call('GET', `/${id}`)).status).toBe(404);
    const count = async (tenant: string) => {
      const { rows } = await app.database.client.query<{ count: string }>(
        `SELECT (SELECT count(*) FROM user_events WHERE tenant_id = $1)
           + (SELECT count(*) FROM user_event_sequences WHERE tenant_id = $1)
           + (SELECT count(*) FROM tenant_hosts WHERE tenant_id = $1) AS count`,
        [tenant],
      );
      return Number(rows[0]?.count);
    };
    expect(await count(id)).toBe(0);
    expect(await count(other)).toBe(4501);
  });

  it('leaves no table out', async () => {
    const { rows } = await app.database.client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
         AND NOT c.relispartition AND a.attname = 'tenant_id'`,
    );
    const names = rows.map(({ name }) => name).filter((name) => name !== 'tenant_hosts');
    expect(names.sort()).toEqual([...TABLES_OF_TENANTS].sort());
  });
});

describe('operators', () => {
  it('are heard on their hosts only, in any case and with any port', async () => {
    for (const host of ['OPS.test', 'ops.test.', 'ops.test:8080'])
      expect((await operator.call('GET', '', undefined, { headers: { host } })).status).toBe(200);
    for (const host of ['localhost', 'a.users.test', 'x.ops.test', 'ops.test.evil.test'])
      for (const method of ['GET', 'POST'])
        expect(
          (
            await operator.call(method, '', method === 'POST' ? {} : undefined, {
              headers: { host },
            })
          ).json.code,
        ).toBe('request.route_not_found');
  });

  it('have nothing else of the API there, with whatever token, and what is public', async () => {
    for (const url of ['/api/users', '/api/profile', '/api/hooks', '/api/events']) {
      const answer = await operator.call('GET', '', undefined, { url });
      expect(answer.json.code).toBe('request.route_not_found');
    }
    for (const url of ['/health/live', '/openapi.json'])
      expect((await operator.call('GET', '', undefined, { url })).status).toBe(200);
  });

  it('need a token of theirs, with its scope', async () => {
    const call = (token: string) => operator.call('GET', '', undefined, { token });
    expect((await call(await app.issuer.managementToken())).status).toBe(401);
    expect((await call(await app.issuer.userToken('u'))).status).toBe(401);
    expect((await call(await operatorToken(app, { iss: 'https://a.issuer.test' }))).status).toBe(
      401,
    );
    const other = await call(await operatorToken(app, { scope: 'all users:read' }));
    expect(other.status).toBe(403);
    expect(other.headers['www-authenticate']).toContain('scope="tenants:manage"');
  });

  it('are not there at all where there is one tenant', async () => {
    const single = await TestApp.start({}, [], app);
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['DELETE', '/a'],
    ] as const) {
      const answer = await single.call({
        ...{ method, url: `/api/tenants${path}`, token: await operatorToken(app) },
        headers: { host: OPERATOR_HOST },
      });
      expect(answer.json.code).toBe('request.route_not_found');
    }
    await single.stop();
  });
});
