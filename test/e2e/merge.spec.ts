import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

let app: TestApp;
let management: string;
beforeAll(async () => {
  app = await TestApp.start();
  management = await app.issuer.managementToken();
});
afterAll(() => app.stop());

type Media = 'json' | 'merge';
const types = { json: 'application/json', merge: 'application/merge-patch+json' };

const patch = (url: string, media: Media, body: unknown, token = management) =>
  app.call({ method: 'PATCH', url, token, body, headers: { 'content-type': types[media] } });
const get = (url: string, token = management) => app.call({ method: 'GET', url, token });

const bare = ['custom-data', 'profile'] as const;
const columns = { 'custom-data': 'custom_data', profile: 'profile' };
const fields = { 'custom-data': 'customData', profile: 'profile' };

/** A user whose sub-resource holds this value, and its URL. */
async function holding(part: (typeof bare)[number], value: object): Promise<[string, string]> {
  const id = await insertUser(app, { [columns[part]]: value });
  return [id, `/api/users/${id}/${part}`];
}

describe.each(bare)('GET /api/users/{userId}/%s', (part) => {
  it('answers the bare object with its ETag, 304 to those who have it, 404 for nobody', async () => {
    const [, url] = await holding(part, { a: { b: 1 } });
    const answer = await get(url);
    expect(answer).toMatchObject({ status: 200, json: { a: { b: 1 } } });
    expect(answer.headers['etag']).toBe('"1"');
    const headers = { 'if-none-match': '"1"' };
    expect((await app.call({ method: 'GET', url, token: management, headers })).status).toBe(304);
    expect((await get(`/api/users/nobody/${part}`)).status).toBe(404);
  });
});

describe.each(bare)('PATCH /api/users/{userId}/%s', (part) => {
  it('merges the first level, where null is a value like any other', async () => {
    const [, url] = await holding(part, { a: { x: 1 }, b: 2 });
    const more = part === 'profile' ? {} : { n: null };
    const answer = await patch(url, 'json', { [fields[part]]: { a: { y: 2 }, c: 3, ...more } });
    expect(answer.json).toEqual({ a: { y: 2 }, b: 2, c: 3, ...more });
    expect(answer.headers['etag']).toBe('"2"');
    expect((await get(url)).json).toEqual(answer.json);
  });

  it('as a merge patch takes the bare object, merges every level, and null removes a key', async () => {
    const [, url] = await holding(part, { a: { x: 1, y: 2 }, b: 2, l: [1, 2] });
    const answer = await patch(url, 'merge', { a: { x: null, z: { q: null } }, b: null, l: [3] });
    expect(answer.json).toEqual({ a: { y: 2, z: {} }, l: [3] });
  });

  it.each(['json', 'merge'] as const)('changes nothing for an empty patch (%s)', async (media) => {
    const [id, url] = await holding(part, { a: 1 });
    const before = await app.row(id);
    for (const body of [{}, media === 'json' ? { [fields[part]]: {} } : { none: null }])
      expect(await patch(url, media, body)).toMatchObject({ status: 200, json: { a: 1 } });
    expect(await app.row(id)).toBe(before);
  });

  it('refuses other keys, other types and other versions, and changes nothing', async () => {
    const [id, url] = await holding(part, { a: 1 });
    const before = await app.row(id);
    expect((await patch(url, 'json', { a: 2 })).json.errors).toMatchObject([{ pointer: '/a' }]);
    expect((await patch(url, 'json', { [fields[part]]: null })).status).toBe(400);
    expect((await patch(url, 'json', { [fields[part]]: [] })).status).toBe(400);
    expect((await patch(url, 'merge', [])).status).toBe(400);
    const headers = { 'if-match': '"9"' };
    const stale = { [fields[part]]: { b: 1 } };
    expect(
      (await app.call({ method: 'PATCH', url, token: management, body: stale, headers })).status,
    ).toBe(412);
    expect(await app.row(id)).toBe(before);
  });

  it('never loses one of 100 keys that are written at the same time, nested ones too', async () => {
    const [, url] = await holding(part, { deep: { seed: 1 } });
    const keys = Array.from({ length: 100 }, (_, index) => `key${index}`);
    const answers = await Promise.all(
      keys.map((key, index) =>
        index % 2
          ? patch(url, 'json', { [fields[part]]: { [key]: index } })
          : patch(url, 'merge', { deep: { [key]: index } }),
      ),
    );
    for (const { status } of answers) expect(status).toBe(200);
    const { json, headers } = await get(url);
    expect(new Set([...Object.keys(json), ...Object.keys(json.deep)])).toEqual(
      new Set(['deep', 'seed', ...keys]),
    );
    expect(headers['etag']).toBe('"101"');
  });
});

describe('application/merge-patch+json', () => {
  /** RFC 7396, appendix A, where original, patch and result are objects; the others below. */
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('merges into %j the patch %j', async (original, body, result) => {
    const [, url] = await holding('custom-data', original);
    expect((await patch(url, 'merge', body)).json).toEqual(result);
  });

  it.each([
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ])('knows of %s and %s, too: the rest of the appendix', async (...texts) => {
    const { rows } = await app.database.client.query(
      `SELECT json_merge_patch($1::jsonb, $2::jsonb) = $3::jsonb AS holds`,
      texts,
    );
    expect(rows).toEqual([{ holds: true }]);
  });

  it('on the user merges customData and profile at every level, and sets the other fields', async () => {
    const id = await insertUser(app, { custom_data: { a: { x: 1, y: 2 }, b: 1 } });
    const { json } = await patch(`/api/users/${id}`, 'merge', {
      name: null,
      customData: { a: { x: null } },
      profile: { nickname: null, address: { region: 'R' } },
    });
    expect(json).toMatchObject({ name: null, customData: { a: { y: 2 }, b: 1 } });
    expect(json.profile).toEqual({ address: { locality: 'Before', region: 'R' } });
  });

  it('on the user empties customData and profile with null', async () => {
    const id = await insertUser(app);
    const { json } = await patch(`/api/users/${id}`, 'merge', { customData: null, profile: null });
    expect(json).toMatchObject({ customData: {}, profile: {} });
  });

  it('on the own user is held to the same rules as JSON', async () => {
    const id = await insertUser(app);
    const token = await app.issuer.userToken(id);
    const answer = await patch('/api/profile', 'merge', { name: null, avatar: null }, token);
    expect(answer.json).toMatchObject({ name: null, avatar: null });
    const before = await app.row(id);
    for (const body of [{ username: null }, { avatar: '' }, { customData: {} }, { profile: null }])
      expect((await patch('/api/profile', 'merge', body, token)).status).toBe(400);
    expect(await app.row(id)).toBe(before);
  });

  it.each([
    ['/', { profile: { gender: 5 } }, '/profile/gender'],
    ['/', { profile: { address: 'x' } }, '/profile/address'],
    ['/', { profile: { address: { region: 1 } } }, '/profile/address/region'],
    ['/', { customData: [] }, '/customData'],
    ['/', { primaryEmail: 'x' }, '/primaryEmail'],
    ['/profile', { gender: 5 }, '/gender'],
    ['/profile', { address: { region: [] } }, '/address/region'],
  ])('on %s refuses %j, at %s', async (path, body, pointer) => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await patch(`/api/users/${id}${path === '/' ? '' : path}`, 'merge', body);
    expect(answer.json).toMatchObject({ status: 400, errors: [{ pointer }] });
    expect(await app.row(id)).toBe(before);
  });

  it('is refused where nothing is patched, and announced where something is', async () => {
    const created = await app.call({
      method: 'POST',
      url: '/api/users',
      token: management,
      body: {},
      headers: { 'content-type': types.merge },
    });
    expect(created.status).toBe(415);
    const id = await insertUser(app);
    const both = 'application/json, application/merge-patch+json';
    expect((await get(`/api/users/${id}`)).headers['accept-patch']).toBe(both);
    const refused = await app.call({
      method: 'PATCH',
      url: `/api/users/${id}`,
      token: management,
      body: 'x',
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect(refused.status).toBe(415);
    expect(refused.headers['accept-patch']).toBe(both);
  });
});

describe('a merge that grows beyond a limit', () => {
  it('is 422 for customData, counted without white space to the byte, and changes nothing', async () => {
    // {"a":"…","b":[1,2],"c":"…"}: 65,536 bytes when c has 65,511 − a of them.
    const [id, url] = await holding('custom-data', { a: 'x'.repeat(60_000), b: [1, 2] });
    const rest =
      65_536 - Buffer.byteLength(JSON.stringify({ a: 'x'.repeat(60_000), b: [1, 2], c: '' }));
    const before = await app.row(id);
    for (const media of ['json', 'merge'] as const) {
      const value = { c: 'y'.repeat(rest + 1) };
      const answer = await patch(url, media, media === 'json' ? { customData: value } : value);
      expect(answer.json).toMatchObject({
        ...{ status: 422, code: 'user.custom_data_too_large' },
        errors: [{ pointer: '/customData' }],
      });
    }
    expect(await app.row(id)).toBe(before);
    expect((await patch(url, 'merge', { c: 'y'.repeat(rest) })).status).toBe(200);
  });

  it('is 400 for the profile, and changes nothing', async () => {
    const [id, url] = await holding('profile', { a: 'x'.repeat(16_000) });
    const before = await app.row(id);
    const answer = await patch(url, 'merge', { b: 'y'.repeat(400) });
    expect(answer.json).toMatchObject({
      status: 400,
      errors: [{ pointer: '/profile', code: 'too_long' }],
    });
    expect(await app.row(id)).toBe(before);
  });

  it.each(bare)('is 400 for a bare object of 33 levels: %s', async (part) => {
    const [, url] = await holding(part, {});
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
    expect((await patch(url, 'merge', nested(32))).status).toBe(200);
    expect((await patch(url, 'merge', nested(33))).json.errors).toMatchObject([
      { code: 'too_deep' },
    ]);
  });
});

describe('PATCH /api/profile/profile', () => {
  const own = async (scope = 'profile address') => {
    const id = await insertUser(app);
    return [id, await app.issuer.userToken(id, { scope })] as const;
  };

  it.each(['json', 'merge'] as const)(
    'takes the bare claims and merges them in (%s)',
    async (media) => {
      const [, token] = await own();
      const answer = await patch('/api/profile/profile', media, { givenName: 'Ada' }, token);
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.json).toEqual({
        nickname: 'before',
        givenName: 'Ada',
        address: { locality: 'Before' },
      });
      expect(answer.headers['etag']).toBe('"2"');
    },
  );

  it('removes a claim as a merge patch only', async () => {
    const [, token] = await own();
    const refused = await patch('/api/profile/profile', 'json', { nickname: null }, token);
    expect(refused.json.errors).toMatchObject([{ pointer: '/nickname', code: 'invalid_type' }]);
    const { json } = await patch('/api/profile/profile', 'merge', { nickname: null }, token);
    expect(json).toEqual({ address: { locality: 'Before' } });
  });

  it('neither shows nor changes the address without its scope', async () => {
    const [id, token] = await own('profile');
    const shown = await patch('/api/profile/profile', 'json', { givenName: 'Ada' }, token);
    expect(shown.json).toEqual({ nickname: 'before', givenName: 'Ada' });
    const before = await app.row(id);
    for (const media of ['json', 'merge'] as const) {
      const answer = await patch('/api/profile/profile', media, { address: {} }, token);
      expect(answer.status).toBe(403);
      expect(answer.headers['www-authenticate']).toContain('scope="address"');
    }
    expect(await app.row(id)).toBe(before);
  });

  it('refuses a suspended user', async () => {
    const id = await insertUser(app, { is_suspended: true });
    const token = await app.issuer.userToken(id);
    expect((await patch('/api/profile/profile', 'json', { a: 1 }, token)).json.code).toBe(
      'user.suspended',
    );
  });
});

describe('PATCH /api/users/{userId}/is-suspended', () => {
  it('suspends and reinstates: the own token stops and works again', async () => {
    const id = await insertUser(app);
    const token = await app.issuer.userToken(id);
    const url = `/api/users/${id}/is-suspended`;
    expect((await patch(url, 'json', { isSuspended: true })).json).toMatchObject({
      id,
      isSuspended: true,
    });
    expect((await get('/api/profile', token)).status).toBe(403);
    expect((await patch(url, 'merge', { isSuspended: false })).json.isSuspended).toBe(false);
    expect((await get('/api/profile', token)).status).toBe(200);
  });

  it.each([null, '', 'true', 1, {}])('refuses %j', async (isSuspended) => {
    const id = await insertUser(app);
    const answer = await patch(`/api/users/${id}/is-suspended`, 'json', { isSuspended });
    expect(answer.json.errors).toMatchObject([{ pointer: '/isSuspended', code: 'invalid_type' }]);
  });
});

describe('PATCH /api/users/{userId}/sign-in', () => {
  it('sets and clears both values', async () => {
    const id = await insertUser(app);
    const url = `/api/users/${id}/sign-in`;
    const value = { lastSignInAt: 1_700_000_000_123, applicationId: 'web' };
    expect((await patch(url, 'json', value)).json).toMatchObject(value);
    expect((await patch(url, 'json', { lastSignInAt: 5 })).json).toMatchObject({
      ...value,
      lastSignInAt: 5,
    });
    const cleared = { lastSignInAt: null, applicationId: null };
    expect((await patch(url, 'json', cleared)).json).toMatchObject(cleared);
  });

  it.each([
    ['lastSignInAt', '2026-01-01', 'invalid_type'],
    ['lastSignInAt', 1.5, 'invalid_number'],
    ['lastSignInAt', -1, 'invalid_number'],
    ['lastSignInAt', 253_402_300_800_000, 'invalid_number'],
    ['applicationId', '', 'invalid_format'],
    ['applicationId', 5, 'invalid_type'],
    ['applicationId', 'x'.repeat(129), 'too_long'],
  ])('refuses %s: %j', async (field, value, code) => {
    const id = await insertUser(app);
    const answer = await patch(`/api/users/${id}/sign-in`, 'json', { [field]: value });
    expect(answer.json.errors).toMatchObject([{ pointer: `/${field}`, code }]);
  });
});
