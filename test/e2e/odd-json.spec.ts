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

const patch = (id: string, body: unknown, headers?: Record<string, string>) =>
  app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body, headers });

const raw = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const deep = (levels: number, open: string, close: string) =>
  `{"customData":${open.repeat(levels)}1${close.repeat(levels)}}`;

/** name, body, code of the problem, code of the violation, pointer */
const refused: [string, string | Buffer, string, string, string][] = [
  ['an escaped NUL', '{"name":"a\\u0000b"}', 'guard.invalid_input', 'invalid_character', '/name'],
  ['a raw NUL', raw('{"name":"a', [0], 'b"}'), 'guard.invalid_json', 'guard.invalid_json', ''],
  [
    'an escaped NUL in a nested key',
    '{"customData":{"a":[{"b\\u0000":1}]}}',
    'guard.invalid_input',
    'invalid_character',
    '/customData/a/0/b\u0000',
  ],
  [
    'an escaped NUL deep in profile',
    '{"profile":{"x":{"y":"\\u0000"}}}',
    'guard.invalid_input',
    'invalid_character',
    '/profile/x/y',
  ],
  [
    'a lone high surrogate',
    '{"name":"\\ud83d"}',
    'guard.invalid_input',
    'invalid_character',
    '/name',
  ],
  [
    'a lone low surrogate in an array',
    '{"customData":{"a":["\\ude00"]}}',
    'guard.invalid_input',
    'invalid_character',
    '/customData/a/0',
  ],
  [
    'a lone surrogate in a key',
    '{"customData":{"\\ud800":1}}',
    'guard.invalid_input',
    'invalid_character',
    '/customData/\ufffd',
  ],
  [
    'invalid UTF-8 in a value',
    raw('{"name":"a', [0xff], '"}'),
    'guard.invalid_json',
    'guard.invalid_json',
    '/name',
  ],
  [
    'overlong UTF-8 in a nested value',
    raw('{"customData":{"a/b":["', [0xc0, 0x80], '"]}}'),
    'guard.invalid_json',
    'guard.invalid_json',
    '/customData/a~1b/0',
  ],
  [
    'a number beyond all bounds',
    '{"customData":{"a":1e400}}',
    'guard.invalid_input',
    'invalid_number',
    '/customData/a',
  ],
  [
    'an integer beyond 2^53',
    '{"customData":{"a":9007199254740993}}',
    'guard.invalid_input',
    'invalid_number',
    '/customData/a',
  ],
  [
    'an integer below -2^53',
    '{"customData":{"a":-9007199254740992}}',
    'guard.invalid_input',
    'invalid_number',
    '/customData/a',
  ],
  [
    'a number that would become 0',
    '{"customData":{"a":[1e-400]}}',
    'guard.invalid_input',
    'invalid_number',
    '/customData/a/0',
  ],
  [
    'digits that a double does not hold',
    '{"profile":{"x":0.1234567890123456789}}',
    'guard.invalid_input',
    'invalid_number',
    '/profile/x',
  ],
  [
    '__proto__ as a field',
    '{"__proto__":{"name":"x"}}',
    'guard.invalid_input',
    'unknown_field',
    '/__proto__',
  ],
  [
    '__proto__ in customData',
    '{"customData":{"a":{"__proto__":1}}}',
    'guard.invalid_input',
    'unknown_field',
    '/customData/a/__proto__',
  ],
  [
    '33 levels of objects',
    deep(33, '{"a":', '}'),
    'guard.invalid_input',
    'too_deep',
    `/customData${'/a'.repeat(32)}`,
  ],
  [
    '33 levels of arrays',
    `{"customData":{"a":${'['.repeat(32)}${']'.repeat(32)}}}`,
    'guard.invalid_input',
    'too_deep',
    `/customData/a${'/0'.repeat(31)}`,
  ],
  [
    '100,000 levels',
    deep(100_000, '[', ']'),
    'guard.invalid_input',
    'too_deep',
    `/customData${'/0'.repeat(32)}`,
  ],
  ['an array', '[]', 'guard.invalid_input', 'invalid_type', ''],
  ['a string', '"x"', 'guard.invalid_input', 'invalid_type', ''],
  ['a number', '5', 'guard.invalid_input', 'invalid_type', ''],
  ['null', 'null', 'guard.invalid_input', 'invalid_type', ''],
  ['nothing', '', 'guard.invalid_json', 'guard.invalid_json', ''],
  ['white space', '  ', 'guard.invalid_json', 'guard.invalid_json', ''],
  ['half an object', '{"name":', 'guard.invalid_json', 'guard.invalid_json', ''],
  ['two objects', '{}{}', 'guard.invalid_json', 'guard.invalid_json', ''],
  ['single quotes', "{'name':'x'}", 'guard.invalid_json', 'guard.invalid_json', ''],
  ['NaN', '{"name":NaN}', 'guard.invalid_json', 'guard.invalid_json', ''],
  ['a trailing comma', '{"name":"x",}', 'guard.invalid_json', 'guard.invalid_json', ''],
];

describe('a body with the same key twice', () => {
  it.each([
    '{"name":"a","name":"b"}',
    '{"customData":{"a":[{"b":1,"b":1}]}}',
    '{"customData":{"a\\u0062":1,"ab":2}}',
    '{"customData":{"x: \\": ,":1,"x: \\": ,":2}}',
  ])('is 400: %s', async (body) => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await patch(id, body);
    expect(answer.status).toBe(400);
    expect(answer.json.code).toBe('guard.invalid_json');
    expect(answer.json.detail).toContain('same key twice');
    expect(await app.row(id)).toBe(before);
  });

  it('is not one whose texts have colons and quotes', async () => {
    const customData = { 'a:"b': ':{"c":1}', '\\': '\\"', d: ['e:f', { ':': ':' }] };
    expect((await patch(await insertUser(app), { customData })).json.customData).toEqual(
      customData,
    );
  });
});

describe('a body that is', () => {
  it.each(refused)(
    '%s is 400 with a pointer, and changes nothing',
    async (_, body, code, violation, pointer) => {
      const id = await insertUser(app);
      const before = await app.row(id);
      const answer = await patch(id, body);
      expect(answer.status).toBe(400);
      expect(answer.json.code).toBe(code);
      expect(answer.json.errors[0]).toMatchObject({ pointer, code: violation });
      expect(await app.row(id)).toBe(before);
    },
  );

  it('full of faults is answered with at most 100 of them', async () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
    const answer = await patch(await insertUser(app), body);
    expect(answer.json.errors).toHaveLength(100);
    expect(answer.json.detail).toContain('and 90 more');
  });

  it.each([
    ['long keys above many faults', `{"${'a'.repeat(60_000)}":[${'"\\u0000",'.repeat(20_000)}1]}`],
    ['keys that double when escaped', `{"${'~'.repeat(60_000)}":[${'1e999,'.repeat(30_000)}1]}`],
    ['many unknown keys', `{${Array.from({ length: 13_000 }, (_, n) => `"${n}":1`).join()}}`],
  ])('hostile costs neither much time nor a large answer: %s', async (_, body) => {
    const start = performance.now();
    const answer = await patch(await insertUser(app), body);
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(100_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('behind a byte-order mark is read', async () => {
    const answer = await patch(await insertUser(app), raw([0xef, 0xbb, 0xbf], '{"name":"x"}'));
    expect(answer.json.name).toBe('x');
  });
});

describe('customData', () => {
  it.each([
    [
      'keys with a meaning in JavaScript',
      { constructor: { prototype: 1 }, toString: 1, then: 2, hasOwnProperty: 3 },
    ],
    [
      'an empty key and keys that look like paths',
      { '': 1, 'a.b': 2, 'a/b': 3, '~': 4, $where: 5 },
    ],
    ['every kind of value', { a: [null, true, 1.5, -0.1, 1e15, 'x', {}, []], n: 9007199254740991 }],
    ['any text', { text: '\u0001\t\n"\\/ \u2028 😀 \u200b \ufffe İß' }],
  ])('comes back as it was sent: %s', async (_, customData) => {
    const id = await insertUser(app);
    expect((await patch(id, { customData })).json.customData).toEqual(customData);
    const { json } = await app.call({ method: 'GET', url: `/api/users/${id}`, token });
    expect(json.customData).toEqual(customData);
  });

  it('has numbers by their value, whatever form they had', async () => {
    const id = await insertUser(app);
    const { text } = await patch(id, '{"customData":{"a":[-0,-0.0,1.0,1e2,0.10]}}');
    expect(text).toContain('"customData":{"a":[0,0,1,100,0.1]}');
    expect((await app.call({ method: 'GET', url: `/api/users/${id}`, token })).text).toBe(text);
  });
});

describe('a key with an escape', () => {
  /** Sends what makes JSON.parse of some runtimes take later keys for this one, see parseJson. */
  const poison = async () => {
    for (const key of ['size 5\\\\', '\\\\'])
      for (const before of ['{"p":1', '{"h":[]', '{"customData":{"p":1'])
        await patch(
          await insertUser(app),
          `${before},"${key}":2}${'}'.repeat(before.length > 9 ? 1 : 0)}`,
        );
    JSON.parse('{"p":1,"size 5\\\\":2}');
    JSON.parse('{"p": 1, "size 5\\\\": 2}');
    JSON.parse('{"pointer":"","size 5\\\\": 2}');
  };
  const sent = '{"p":1,"size 5\\"":2}';

  it('is stored and answered as it was sent, whatever was sent before', async () => {
    await poison();
    const id = await insertUser(app);
    const calls = [
      await patch(id, `{"customData":${sent}}`),
      await app.call({ method: 'GET', url: `/api/users/${id}`, token }),
      await patch(`${id}/custom-data`, `{"customData":${sent}}`),
      await patch(`${id}/custom-data`, sent, { 'content-type': 'application/merge-patch+json' }),
      await app.call({ method: 'GET', url: `/api/users/${id}/custom-data`, token }),
      await patch(`${id}/profile`, `{"profile":{"x":${sent}}}`),
      await app.call({ method: 'GET', url: `/api/users?search.id=${id}`, token }),
    ];
    for (const { text } of calls) expect(text).toContain(sent.slice(1, -1));
    const { rows } = await app.database.client.query<{ stored: string }>(
      `SELECT custom_data::text AS stored FROM users WHERE id = $1`,
      [id],
    );
    expect(rows[0]?.stored).toBe('{"p": 1, "size 5\\"": 2}');
  });

  it('is told as it was sent in events, dry runs and replays', async () => {
    await poison();
    const id = await insertUser(app, { custom_data: {} });
    const headers = { 'idempotency-key': unique() };
    const body = `{"customData":{"a":${sent}}}`;
    const answers = [
      await app.call({ method: 'PATCH', url: `/api/users/${id}?dryRun=true`, token, body }),
      await patch(id, body, headers),
      await patch(id, body, headers),
      await app.call({ method: 'GET', url: `/api/users/${id}/events`, token }),
      await app.call({ method: 'GET', url: '/api/events?limit=1000', token }),
    ];
    // Events come with the spaces that PostgreSQL writes.
    for (const { text } of answers) expect(text.replace(/([:,]) /g, '$1')).toContain(sent);
    expect(answers[2]?.headers['idempotency-replayed']).toBe('true');
  });

  it('is told as it was sent by identities', async () => {
    await poison();
    const id = await insertUser(app);
    const put = await app.call({
      method: 'PUT',
      url: `/api/users/${id}/identities/github`,
      token,
      body: `{"userId":"${id}","details":${sent}}`,
    });
    expect(put.text).toContain(sent);
  });
});

describe('the content type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/json; version=1; q="a;b"',
    'application/json;profile="https://example.com/x";charset=utf-8',
    'application/json;',
    'application/merge-patch+json; x=y',
  ])('%s is taken', async (type) => {
    expect(
      (await patch(await insertUser(app), '{"name":"x"}', { 'content-type': type })).status,
    ).toBe(200);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/jsonx',
    'application/merge-patch+jsonx',
    'application/json; x=y; charset=latin1',
    'application/json, text/plain',
    'json',
    'application/vnd.api+json',
  ])('%s is 415, and changes nothing', async (type) => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await patch(id, '{"name":"x"}', { 'content-type': type });
    expect(answer.status).toBe(415);
    expect(answer.json.code).toBe('request.unsupported_media_type');
    expect(await app.row(id)).toBe(before);
  });

  it.each(['gzip', 'identity', 'br'])('with Content-Encoding %s is 415', async (encoding) => {
    const answer = await patch(await insertUser(app), '{"name":"x"}', {
      'content-encoding': encoding,
    });
    expect(answer.status).toBe(415);
  });
});

describe('a body over the limit', () => {
  it('is 413, announced or not, and changes nothing', async () => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const body = JSON.stringify({ name: unique(), customData: { a: 'x'.repeat(1_048_576) } });
    const announced = await patch(id, body);
    expect(announced.status).toBe(413);
    expect(announced.json.code).toBe('request.body_too_large');
    expect(
      (await patch(id, body, { 'content-length': '10', 'transfer-encoding': 'chunked' })).status,
    ).toBe(413);
    expect(await app.row(id)).toBe(before);
  });
});
