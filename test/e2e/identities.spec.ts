import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());

const call = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url: `/api/users/${url}`, token, body, headers });
const user = async (id: string) => (await call('GET', id)).json;

/** The two kinds: their path, the field of the user, a body, and how the field shows it. */
const kinds = [
  {
    path: 'identities',
    of: (json: any, key: string) => json.identities[key],
    body: (id: string) => ({ userId: id, details: { login: 'ada' } }),
    shown: (id: string) => ({ userId: id, details: { login: 'ada' } }),
    pointer: '/userId',
  },
  {
    path: 'sso-identities',
    of: (json: any, key: string) =>
      json.ssoIdentities.find((one: any) => one.ssoConnectorId === key),
    body: (id: string) => ({ issuer: 'https://idp', identityId: id, detail: { group: 'a' } }),
    shown: (id: string) => ({ issuer: 'https://idp', identityId: id, detail: { group: 'a' } }),
    pointer: '/identityId',
  },
];

describe.each(kinds)('/api/users/{userId}/$path', ({ path, of, body, shown, pointer }) => {
  it('PUT answers 201 with all of them for a new one, 200 for one that it replaces', async () => {
    const id = await insertUser(app);
    const [first, second] = [unique(), unique()];
    const created = await call('PUT', `${id}/${path}/github`, body(first));
    expect(created.status).toBe(201);
    expect(created.headers['etag']).toBe('"2"');
    expect(of(await user(id), 'github')).toMatchObject(shown(first));
    const replaced = await call('PUT', `${id}/${path}/github`, body(second));
    expect(replaced.status).toBe(200);
    expect(of(await user(id), 'github')).toMatchObject(shown(second));
    await call('PUT', `${id}/${path}/gitlab`, body(unique()));
    const all = (await call('PUT', `${id}/${path}/github`, body(second))).text;
    expect(all).toContain(second);
    expect(JSON.parse(all)).toEqual(
      (await user(id))[path === 'identities' ? path : 'ssoIdentities'],
    );
  });

  it('PUT of what is there changes nothing', async () => {
    const id = await insertUser(app);
    const same = body(unique());
    await call('PUT', `${id}/${path}/github`, same);
    const before = await app.row(id);
    expect((await call('PUT', `${id}/${path}/github`, same)).headers['etag']).toBe('"2"');
    expect(await app.row(id)).toBe(before);
  });

  it('DELETE answers the user without it, then 404', async () => {
    const id = await insertUser(app);
    await call('PUT', `${id}/${path}/github`, body(unique()));
    const answer = await call('DELETE', `${id}/${path}/github`);
    expect(answer.status).toBe(200);
    expect(answer.json.id).toBe(id);
    expect(of(answer.json, 'github')).toBeUndefined();
    expect(answer.headers['etag']).toBe('"3"');
    const before = await app.row(id);
    const again = await call('DELETE', `${id}/${path}/github`);
    expect(await app.row(id)).toBe(before);
    expect(again).toMatchObject({ status: 404 });
    expect(again.json.code).toBe('entity.not_found');
  });

  it('refuses one that another user has, and changes nothing', async () => {
    const [one, other] = [await insertUser(app), await insertUser(app)];
    const same = body(unique());
    expect((await call('PUT', `${one}/${path}/github`, same)).status).toBe(201);
    const before = await app.row(other);
    const answer = await call('PUT', `${other}/${path}/github`, same);
    const code = 'user.identity_already_in_use';
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code, errors: [{ pointer, code }] });
    expect(await app.row(other)).toBe(before);
  });

  it('lets one of 50 users have it when all ask at once', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, () => insertUser(app)));
    const same = body(unique());
    const answers = await Promise.all(ids.map((id) => call('PUT', `${id}/${path}/x`, same)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(49).fill(422)]);
  });

  it('keeps all of 30 that are linked to one user at once', async () => {
    const id = await insertUser(app);
    const keys = Array.from({ length: 30 }, (_, index) => `idp${index}`);
    await Promise.all(keys.map((key) => call('PUT', `${id}/${path}/${key}`, body(unique()))));
    const json = await user(id);
    for (const key of keys) expect(of(json, key)).toBeDefined();
    expect((await call('GET', id)).headers['etag']).toBe('"31"');
  });

  it('keeps to If-Match, and answers 404 for nobody', async () => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const headers = { 'if-match': '"9"' };
    expect((await call('PUT', `${id}/${path}/x`, body(unique()), headers)).status).toBe(412);
    expect((await call('DELETE', `${id}/${path}/x`, undefined, headers)).status).toBe(412);
    expect((await call('PUT', `nobody/${path}/x`, body(unique()))).status).toBe(404);
    expect(await app.row(id)).toBe(before);
  });

  it.each(['a b', '%E2%80%8B', '%07', 'x'.repeat(129)])('refuses the key %s', async (key) => {
    const id = await insertUser(app);
    const answer = await call('PUT', `${id}/${path}/${encodeURI(decodeURI(key))}`, body(unique()));
    expect(answer.status).toBe(400);
  });

  it('refuses bad bodies, naming each fault, and changes nothing', async () => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const [field = ''] = Object.keys(body('x'));
    const json = path === 'identities' ? 'details' : 'detail';
    for (const [bad, at] of [
      [{}, `/${field}`],
      [{ ...body('x'), [field]: '' }, `/${field}`],
      [{ ...body('x'), [field]: 5 }, `/${field}`],
      [{ ...body('x'), [field]: 'x'.repeat(257) }, `/${field}`],
      [{ ...body('x'), [json]: [] }, `/${json}`],
      [{ ...body('x'), [json]: { a: 'x'.repeat(16_384) } }, `/${json}`],
      [{ ...body('x'), more: 1 }, '/more'],
    ] as const) {
      const answer = await call('PUT', `${id}/${path}/x`, bad);
      expect(answer.status).toBe(400);
      expect(answer.json.errors.map((error: any) => error.pointer)).toContain(at);
    }
    expect(await app.row(id)).toBe(before);
  });
});

describe('an SSO identity', () => {
  it("has the seed's fields, keeps its id when replaced, and may share an id across issuers", async () => {
    const [id, other] = [await insertUser(app), await insertUser(app)];
    const same = unique();
    const put = (who: string, issuer: string) =>
      call('PUT', `${who}/sso-identities/okta`, { issuer, identityId: same });
    await put(id, 'https://a');
    const [first] = (await user(id)).ssoIdentities;
    expect(first).toEqual({
      tenantId: 'default',
      id: expect.stringMatching(/^[0-9a-z]{12}$/),
      userId: id,
      issuer: 'https://a',
      identityId: same,
      detail: {},
      createdAt: expect.any(Number),
      ssoConnectorId: 'okta',
    });
    expect((await put(other, 'https://b')).status).toBe(201);
    await put(id, 'https://c');
    expect((await user(id)).ssoIdentities).toEqual([{ ...first, issuer: 'https://c' }]);
  });
});
