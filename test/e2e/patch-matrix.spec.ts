import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterEach(() => app.database.client.query('DELETE FROM users'));
afterAll(() => app.stop());

const endpoints = {
  'PATCH /api/profile': {
    url: () => '/api/profile',
    token: (id: string) => app.issuer.userToken(id),
  },
  'PATCH /api/users/{userId}': {
    url: (id: string) => `/api/users/${id}`,
    token: () => app.issuer.managementToken(),
  },
};

type Endpoint = keyof typeof endpoints;
/** A refused value gives a code; an accepted one the value that is then answered. */
type Outcome = { refused: string; status?: 400 | 422; at?: string } | { stored: unknown };

const self: Endpoint = 'PATCH /api/profile';
const management: Endpoint = 'PATCH /api/users/{userId}';
const wrongType = { refused: 'invalid_type' };
const badFormat = { refused: 'invalid_format' };
const badCharacter = { refused: 'invalid_character' };
const tooLong = { refused: 'too_long' };
const readOnly = { refused: 'read_only' };
const noPhone = { refused: 'user.invalid_phone', status: 422 } as const;
const kept = (value: unknown) => ({ stored: value });
const cleared = { stored: null };

const emoji = '😀';
const username = unique('Name_');
const email = `${unique('Mail.')}@Example.COM`;
const url = 'https://example.com/a.png';
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

/** field, case, value, outcome on self-service, outcome on management */
const matrix: [field: string, name: string, value: unknown, self: Outcome, management: Outcome][] =
  [
    ['name', 'null', null, cleared, cleared],
    ['name', "''", '', cleared, cleared],
    ['name', 'a space', ' ', kept(' '), kept(' ')],
    ['name', 'text', 'Zoë 李', kept('Zoë 李'), kept('Zoë 李')],
    ['name', '128 emoji', emoji.repeat(128), kept(emoji.repeat(128)), kept(emoji.repeat(128))],
    ['name', '129 emoji', emoji.repeat(129), tooLong, tooLong],
    ['name', 'a control character', 'a\tb', badCharacter, badCharacter],
    ['name', 'a number', 5, wrongType, wrongType],
    ['name', 'an array', ['a'], wrongType, wrongType],
    ['name', 'a boolean', false, wrongType, wrongType],
    ['name', 'DEL', 'a\u007fb', badCharacter, badCharacter],
    ['name', 'a C1 control', 'a\u0085b', badCharacter, badCharacter],
    ['avatar', 'HTTPS in capitals', 'HTTPS://h/a', kept('HTTPS://h/a'), kept('HTTPS://h/a')],
    ['avatar', 'a space inside', 'https://h/a b', badFormat, badFormat],
    ['avatar', 'a quote', 'https://h/a"b', badFormat, badFormat],
    ['avatar', 'markup', 'https://h/<b>', badFormat, badFormat],
    ['avatar', 'a bidi override', 'https://h/\u202ea', badFormat, badFormat],
    ['avatar', 'a host that cannot be', 'https://a:99999/', badFormat, badFormat],
    ['username', '128 characters', 'u'.repeat(128), kept('u'.repeat(128)), kept('u'.repeat(128))],
    ['username', 'a Kelvin sign', 'a\u212a', badFormat, badFormat],
    [
      'primaryEmail',
      '128 characters',
      `${'e'.repeat(124)}@b.c`,
      readOnly,
      kept(`${'e'.repeat(124)}@b.c`),
    ],
    ['primaryEmail', 'a Hangul filler', 'a\u3164@b.c', readOnly, badCharacter],
    ['primaryEmail', 'a variation selector', 'a\ufe0f@b.c', readOnly, badCharacter],
    ['primaryPhone', 'possible, though not valid', '15551234567', readOnly, kept('15551234567')],
    [
      'customData',
      '64 KiB counted in bytes',
      { a: 'ä'.repeat(32_764) },
      readOnly,
      kept({ a: 'ä'.repeat(32_764) }),
    ],
    [
      'customData',
      'more bytes than characters',
      { a: 'ä'.repeat(32_765) },
      readOnly,
      { refused: 'user.custom_data_too_large', status: 422 },
    ],
    [
      'profile',
      'exactly 16 KiB',
      { more: 'x'.repeat(16_373) },
      readOnly,
      kept({ more: 'x'.repeat(16_373) }),
    ],
    ['profile', 'one byte more than 16 KiB', { more: `${'x'.repeat(16_372)}ä` }, readOnly, tooLong],
    ['avatar', 'null', null, cleared, cleared],
    ['avatar', "''", '', badFormat, cleared],
    ['avatar', 'a space', ' ', badFormat, badFormat],
    ['avatar', 'an https URL', url, kept(url), kept(url)],
    ['avatar', 'an http URL', 'http://h/ä?b#c', kept('http://h/ä?b#c'), kept('http://h/ä?b#c')],
    ['avatar', 'an ftp URL', 'ftp://example.com/a', badFormat, badFormat],
    ['avatar', 'a script URL', 'javascript:alert(1)', badFormat, badFormat],
    ['avatar', 'a relative URL', '/a.png', badFormat, badFormat],
    ['avatar', 'a URL without host', 'https:///a', badFormat, badFormat],
    ['avatar', 'a URL with credentials', 'https://u:p@example.com/', badFormat, badFormat],
    ['avatar', 'a URL with empty credentials', 'https://@example.com/', badFormat, badFormat],
    ['avatar', 'a URL with a line break', 'https://example.com/\na', badFormat, badFormat],
    ['avatar', '2049 characters', `https://h/${'a'.repeat(2039)}`, tooLong, tooLong],
    ['avatar', 'a number', 5, wrongType, wrongType],
    ['username', 'null', null, wrongType, cleared],
    ['username', "''", '', badFormat, cleared],
    ['username', 'a space', ' ', badFormat, badFormat],
    ['username', 'a valid one', username, kept(username), kept(username)],
    ['username', 'a leading digit', '1abc', badFormat, badFormat],
    ['username', 'a hyphen', 'a-b', badFormat, badFormat],
    ['username', 'a letter that only folds to ASCII', 'ſtraße', badFormat, badFormat],
    ['username', 'a trailing line break', 'abc\n', badFormat, badFormat],
    ['username', '129 characters', 'a'.repeat(129), tooLong, tooLong],
    ['username', 'a number', 5, wrongType, wrongType],
    ['primaryEmail', 'null', null, readOnly, cleared],
    ['primaryEmail', "''", '', readOnly, cleared],
    ['primaryEmail', 'a space', ' ', readOnly, badFormat],
    ['primaryEmail', 'a valid one', email, readOnly, kept(email)],
    ['primaryEmail', 'no at sign', 'example.com', readOnly, badFormat],
    ['primaryEmail', 'no dot', 'a@b', readOnly, badFormat],
    ['primaryEmail', 'a zero-width space', 'a\u200b@b.c', readOnly, badCharacter],
    ['primaryEmail', 'a soft hyphen', 'a\u00ad@b.c', readOnly, badCharacter],
    ['primaryEmail', 'a control character', 'a\u0001@b.c', readOnly, badCharacter],
    ['primaryEmail', '129 characters', `${'a'.repeat(125)}@b.c`, readOnly, tooLong],
    ['primaryEmail', 'what grows under NFKC', `${'ﷺ'.repeat(100)}@b.c`, readOnly, tooLong],
    ['primaryEmail', 'a number', 5, readOnly, wrongType],
    ['primaryPhone', 'null', null, readOnly, cleared],
    ['primaryPhone', "''", '', readOnly, cleared],
    ['primaryPhone', 'a space', ' ', readOnly, badFormat],
    ['primaryPhone', 'a valid one', '442079460958', readOnly, kept('442079460958')],
    ['primaryPhone', 'a national 0', '610412345678', readOnly, kept('61412345678')],
    ['primaryPhone', 'a plus sign', '+442079460958', readOnly, badFormat],
    ['primaryPhone', 'Arabic digits', '٤٤٢٠٧٩٤٦٠٩٥٨', readOnly, badFormat],
    ['primaryPhone', 'too few digits', '123', readOnly, noPhone],
    ['primaryPhone', 'no country', '0412345678', readOnly, noPhone],
    ['primaryPhone', '1000 digits', '9'.repeat(1000), readOnly, noPhone],
    ['primaryPhone', 'a number', 442079460958, readOnly, wrongType],
    ['customData', 'null', null, readOnly, wrongType],
    ['customData', "''", '', readOnly, wrongType],
    ['customData', 'an array', [], readOnly, wrongType],
    ['customData', 'an empty object', {}, readOnly, kept({})],
    [
      'customData',
      'any keys',
      { constructor: 1, prototype: { toString: 2 } },
      readOnly,
      kept({ constructor: 1, prototype: { toString: 2 } }),
    ],
    ['customData', '32 levels', nested(32), readOnly, kept(nested(32))],
    [
      'customData',
      '33 levels',
      nested(33),
      { refused: 'too_deep', at: '/a'.repeat(32) },
      { refused: 'too_deep', at: '/a'.repeat(32) },
    ],
    [
      'customData',
      'exactly 64 KiB',
      { a: 'x'.repeat(65_528) },
      readOnly,
      kept({ a: 'x'.repeat(65_528) }),
    ],
    [
      'customData',
      'one byte more',
      { a: 'x'.repeat(65_529) },
      readOnly,
      { refused: 'user.custom_data_too_large', status: 422 },
    ],
    ['profile', 'null', null, readOnly, wrongType],
    ['profile', "''", '', readOnly, wrongType],
    ['profile', 'a string', 'x', readOnly, wrongType],
    ['profile', 'an empty object', {}, readOnly, kept({})],
    [
      'profile',
      'the claims and more',
      { familyName: 'L', address: { country: 'UK' }, pronouns: ['she'] },
      readOnly,
      kept({ familyName: 'L', address: { country: 'UK' }, pronouns: ['she'] }),
    ],
    ['profile', 'an empty claim', { nickname: '' }, readOnly, kept({ nickname: '' })],
    [
      'profile',
      'a claim that is null',
      { nickname: null },
      readOnly,
      { ...wrongType, at: '/nickname' },
    ],
    [
      'profile',
      'a claim that is a number',
      { gender: 1 },
      readOnly,
      { ...wrongType, at: '/gender' },
    ],
    [
      'profile',
      'an address that is a string',
      { address: 'x' },
      readOnly,
      { ...wrongType, at: '/address' },
    ],
    [
      'profile',
      'an address part that is a number',
      { address: { region: 1 } },
      readOnly,
      { ...wrongType, at: '/address/region' },
    ],
    ['profile', 'more than 16 KiB', { more: 'x'.repeat(16_384) }, readOnly, tooLong],
    ['id', 'any value', 'abc', readOnly, readOnly],
    ['isSuspended', 'any value', true, readOnly, readOnly],
    ['createdAt', 'any value', 1, readOnly, readOnly],
    ['updatedAt', 'any value', 1, readOnly, readOnly],
    ['hasPassword', 'any value', true, readOnly, readOnly],
    ['identities', 'any value', {}, readOnly, readOnly],
    ['ssoIdentities', 'any value', [], readOnly, readOnly],
    ['lastSignInAt', 'any value', 1, readOnly, readOnly],
    ['applicationId', 'any value', 'a', readOnly, readOnly],
    ['version', 'any value', 1, { refused: 'unknown_field' }, { refused: 'unknown_field' }],
    [
      'passwordDigest',
      'any value',
      'x',
      { refused: 'unknown_field' },
      { refused: 'unknown_field' },
    ],
    ['constructor', 'any value', {}, { refused: 'unknown_field' }, { refused: 'unknown_field' }],
    ['toString', 'any value', {}, { refused: 'unknown_field' }, { refused: 'unknown_field' }],
  ];

const patch = async (endpoint: Endpoint, id: string, body: unknown) =>
  app.call({
    method: 'PATCH',
    url: endpoints[endpoint].url(id),
    token: await endpoints[endpoint].token(id),
    body,
  });

describe.each([
  [self, 3],
  [management, 4],
] as const)('%s', (endpoint, column) => {
  for (const row of matrix) {
    const [field, name, value] = row;
    const outcome = row[column];
    const verb = 'refused' in outcome ? `refuses (${outcome.refused})` : 'takes';

    it(`${verb} ${field}: ${name}`, async () => {
      const id = await insertUser(app);
      const before = await app.row(id);
      const answer = await patch(endpoint, id, { [field]: value });
      if ('stored' in outcome) {
        expect(answer.status).toBe(200);
        expect(answer.json[field]).toEqual(outcome.stored);
        return;
      }
      const status = outcome.status ?? 400;
      expect(answer.status).toBe(status);
      expect(answer.json.code).toBe(status === 400 ? 'guard.invalid_input' : outcome.refused);
      expect(answer.json.errors).toEqual([
        {
          pointer: `/${field}${outcome.at ?? ''}`,
          code: outcome.refused,
          detail: expect.any(String),
        },
      ]);
      expect(await app.row(id)).toBe(before);
    });
  }

  it('keeps absent fields', async () => {
    const id = await insertUser(app);
    const before = await app.call({
      method: 'GET',
      url: endpoints[endpoint].url(id),
      token: await endpoints[endpoint].token(id),
    });
    const after = await patch(endpoint, id, { name: 'After' });
    const changed = { name: 'After', updatedAt: after.json.updatedAt };
    expect(after.json).toEqual({ ...before.json, ...changed });
    expect(after.json.updatedAt).toBeGreaterThanOrEqual(before.json.updatedAt);
  });

  it.each([
    ['an empty patch', {}],
    [
      'a patch with the stored values',
      { name: 'Before', avatar: 'https://example.com/before.png' },
    ],
  ])('changes nothing for %s', async (_, body) => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await patch(endpoint, id, body);
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).toBe('"1"');
    expect(await app.row(id)).toBe(before);
  });

  it('applies nothing unless everything is valid, and tells all that is not', async () => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await patch(endpoint, id, {
      name: 'Good',
      avatar: 'bad',
      username: '1',
      nope: 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/avatar',
      '/nope',
      '/username',
    ]);
    expect(await app.row(id)).toBe(before);
  });

  it('moves updatedAt with a write, to the time of the write', async () => {
    const id = await insertUser(app, { created_at: '2020-01-01', updated_at: '2020-01-02' });
    const { json } = await patch(endpoint, id, { name: 'After' });
    expect(json.createdAt).toBe(Date.UTC(2020, 0, 1));
    expect(Math.abs(Date.now() - json.updatedAt)).toBeLessThan(60_000);
  });

  it('never moves updatedAt back', async () => {
    const later = Date.now() + 3_600_000;
    const id = await insertUser(app, { updated_at: new Date(later) });
    expect((await patch(endpoint, id, { name: 'After' })).json.updatedAt).toBe(later);
  });

  it('keeps to its own tenant', async () => {
    const id = await insertUser(app, { tenant_id: 'other' });
    const before = await app.row(id);
    expect((await patch(endpoint, id, { name: 'x' })).status).toBe(404);
    expect((await patch(endpoint, id, {})).status).toBe(404);
    expect(await app.row(id)).toBe(before);
  });

  it('refuses a username that differs from another only in case', async () => {
    const taken = unique('Taken');
    await insertUser(app, { username: taken, username_key: taken.toLowerCase() });
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await patch(endpoint, id, { username: taken.toUpperCase() });
    expect(answer.status).toBe(422);
    expect(answer.json.code).toBe('user.username_already_in_use');
    expect(await app.row(id)).toBe(before);
  });

  it('lets users send their own username again, and change its case', async () => {
    const id = await insertUser(app);
    expect((await patch(endpoint, id, { username: id })).status).toBe(200);
    const answer = await patch(endpoint, id, { username: id.toUpperCase() });
    expect(answer.json.username).toBe(id.toUpperCase());
    expect((await patch(endpoint, id, { username: id })).status).toBe(200);
  });

  it('answers 404 for a user who is not there', async () => {
    const answer = await patch(endpoint, unique('nobody'), { name: 'x' });
    expect(answer.status).toBe(404);
    expect(answer.json.code).toBe('entity.not_found');
  });
});

describe('PATCH /api/users/{userId}', () => {
  it('answers 400 when a 422 is among other faults, and all of them', async () => {
    const id = await insertUser(app);
    const { status, json } = await patch(management, id, { primaryPhone: '1', name: 5 });
    expect(status).toBe(400);
    expect(json.errors.map(({ code }: { code: string }) => code).sort()).toEqual([
      'invalid_type',
      'user.invalid_phone',
    ]);
  });

  it('escapes ~ and / in pointers', async () => {
    const { json } = await patch(management, await insertUser(app), { 'a~b/c': 1 });
    expect(json.errors[0].pointer).toBe('/a~0b~1c');
  });

  it.each([
    [
      'primaryEmail',
      'user.email_already_in_use',
      `${unique()}@Example.com`,
      (v: string) => v.toUpperCase(),
    ],
    [
      'primaryEmail',
      'user.email_already_in_use',
      `${unique()}ﬁ@b.cd`,
      (v: string) => v.replace('ﬁ', 'FI'),
    ],
    [
      'primaryPhone',
      'user.phone_already_in_use',
      '61411111111',
      (v: string) => v.replace('614', '6104'),
    ],
  ])('refuses a %s that another user has in another form', async (field, code, value, vary) => {
    const [first, second] = [await insertUser(app), await insertUser(app)];
    expect((await patch(management, first, { [field]: value })).status).toBe(200);
    const before = await app.row(second);
    const answer = await patch(management, second, { [field]: vary(value) });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code, errors: [{ pointer: `/${field}`, code }] });
    expect(await app.row(second)).toBe(before);
  });

  it('lets many users have no username, e-mail or phone', async () => {
    for (let count = 0; count < 2; count += 1) {
      const id = await insertUser(app);
      const answer = await patch(management, id, {
        username: '',
        primaryEmail: null,
        primaryPhone: '',
      });
      expect(answer.json).toMatchObject({ username: null, primaryEmail: null, primaryPhone: null });
    }
  });

  it('may change a suspended user', async () => {
    const id = await insertUser(app, { is_suspended: true });
    expect((await patch(management, id, { name: 'x' })).status).toBe(200);
  });
});

describe('PATCH /api/profile', () => {
  it('refuses the token of a suspended user and changes nothing', async () => {
    const id = await insertUser(app, { is_suspended: true });
    const before = await app.row(id);
    for (const body of [{ name: 'x' }, { name: 'Before' }, {}]) {
      const answer = await patch(self, id, body);
      expect(answer.status).toBe(403);
      expect(answer.json.code).toBe('user.suspended');
    }
    expect(await app.row(id)).toBe(before);
  });

  it('reads no id from the body or the query', async () => {
    const [own, other] = [await insertUser(app), await insertUser(app)];
    const before = await app.row(other);
    const token = await app.issuer.userToken(own);
    const answer = await app.call({
      method: 'PATCH',
      url: `/api/profile?id=${other}`,
      token,
      body: { name: 'x' },
    });
    expect(answer.status).toBe(400);
    expect((await patch(self, own, { userId: other, name: 'x' })).status).toBe(400);
    expect(await app.row(other)).toBe(before);
  });
});
