import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantId } from '../../src/database/tenant.js';
import { parseUserQuery } from '../../src/users/search/user-query.js';
import { selectUsers } from '../../src/users/search/user-search.statements.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
let token: string;

/** 45 users, one a second; every ninth is suspended. */
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken();
  await app.database.client.query(`
    INSERT INTO users (tenant_id, id, username, username_key, primary_email, primary_email_key,
      primary_phone, name, is_suspended, custom_data, created_at)
    SELECT 'default', 'id' || n, 'User_' || n, 'user_' || n, 'Mail' || n || '@Example.com',
      'mail' || n || '@example.com', '614000000' || lpad(n::text, 2, '0'),
      CASE WHEN n % 2 = 0 THEN 'Even 100%' ELSE 'Odd_one' END, n % 9 = 0,
      jsonb_build_object('plan', CASE WHEN n < 4 THEN 'pro' ELSE 'free' END,
        'deep', jsonb_build_object('level', n, 'text', n::text, 'flag', n = 7)),
      timestamptz '2026-01-01 00:00:00Z' + n * interval '1 second'
    FROM generate_series(1, 45) n`);
  // Two with the very same time, which the id tells apart.
  await app.database.client.query(
    `UPDATE users SET created_at = '2026-01-01 00:00:45Z' WHERE id IN ('id44', 'id45')`,
  );
});
afterAll(() => app.stop());

const list = (query: string) => app.call({ method: 'GET', url: `/api/users${query}`, token });
const ids = async (query: string): Promise<string[]> => {
  const answer = await list(query);
  expect(answer.status).toBe(200);
  return (JSON.parse(answer.text) as { id: string }[]).map(({ id }) => id);
};
const numbers = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => `id${from - index}`);
const links = (header = '') =>
  Object.fromEntries(
    [...header.matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, url = '', rel = '']) => [
      rel,
      url.replace('/api/users', ''),
    ]),
  );

describe('GET /api/users by page', () => {
  it('answers 20 users, newest first, with their number and links', async () => {
    const { headers, text } = await list('');
    expect((JSON.parse(text) as { id: string }[]).map(({ id }) => id)).toEqual(numbers(45, 26));
    expect(headers['total-number']).toBe('45');
    expect(headers['total-number-is-estimate']).toBeUndefined();
    expect(links(headers['link'])).toEqual({ first: '?page=1', next: '?page=2', last: '?page=3' });
  });

  it('answers the same user objects as GET by id', async () => {
    const [first] = JSON.parse((await list('?page_size=1')).text) as { id: string }[];
    const single = await app.call({ method: 'GET', url: `/api/users/${first?.id}`, token });
    expect(first).toEqual(single.json);
  });

  it('goes through all of them by following next, and back by prev', async () => {
    const seen: string[] = [];
    let query: string | undefined = '?page_size=10&search.id=id%25';
    for (; query !== undefined; query = links((await list(query)).headers['link'])['next'])
      seen.push(...(await ids(query)));
    expect(seen).toEqual(numbers(45, 1));
    // Full, and the last.
    expect(links((await list('?page_size=9&page=5')).headers['link'])).toEqual({
      prev: '?page_size=9&page=4',
      first: '?page_size=9&page=1',
      last: '?page_size=9&page=5',
    });
  });

  it('has as many as are asked for', async () => {
    expect(await ids('?page_size=100')).toEqual(numbers(45, 1));
    expect(await ids('?page_size=21&page=2')).toEqual(numbers(24, 4));
  });

  it('keeps a question mark of the query in its links', async () => {
    const { headers } = await list('?search=%25a?b%25&page_size=3');
    expect(links(headers['link'])['first']).toBe('?search=%25a%3Fb%25&page_size=3&page=1');
  });

  it('has no total and no last page where none is wanted', async () => {
    const { headers } = await list('?count=none&page=2&page_size=10');
    expect(headers['total-number']).toBeUndefined();
    expect(Object.keys(links(headers['link']))).toEqual(['first', 'prev', 'next']);
    expect(links((await list('?count=none&page=9')).headers['link'])).toEqual({
      first: '?count=none&page=1',
      prev: '?count=none&page=8',
    });
  });

  it('is empty beyond the end, and leads back', async () => {
    const answer = await list('?page=9');
    expect(answer.text).toBe('[]');
    expect(links(answer.headers['link'])['prev']).toBe('?page=3');
  });
});

describe('GET /api/users by cursor', () => {
  it('walks through all of them without counting, each once, also while users are made', async () => {
    const seen: string[] = [];
    let query: string | undefined = '?cursor=&page_size=7';
    while (query !== undefined) {
      const { headers } = await list(query);
      expect(headers['total-number']).toBeUndefined();
      seen.push(...(await ids(query)));
      await app.call({
        method: 'POST',
        url: '/api/users',
        token,
        body: { customData: { late: 1 } },
      });
      query = links(headers['link'])['next'];
    }
    expect(seen).toEqual(numbers(45, 1));
    await app.database.client.query(`DELETE FROM users WHERE custom_data ? 'late'`);
  });

  it.each(['x', 'MTIz', 'YWJjIGRlZg', 'MSAA', 'MTc5NTMwMTY1NDAwMCBhAGI', '%00'])(
    'refuses the cursor %s',
    async (cursor) => {
      expect((await list(`?cursor=${cursor}`)).json.errors).toMatchObject([{ pointer: '/cursor' }]);
    },
  );
});

describe('GET /api/users with a search', () => {
  it.each([
    ['search=id7', ['id7']],
    ['search=%25er_4_', ['id45', 'id44', 'id43', 'id42', 'id41', 'id40']],
    ['search=MAIL12@%25', ['id12']],
    ['search=MAIL12@%25&isCaseSensitive=true', []],
    ['search=Mail12@%25&isCaseSensitive=true', ['id12']],
    ['search=%250000013', ['id13']],
    ['search=%25100\\%25&isSuspended=true', ['id36', 'id18']],
    ['search.username=user_1', ['id1']],
    ['search.username=user_1&mode.username=exact', ['id1']],
    ['search.username=user_1&mode.username=exact&isCaseSensitive=true', []],
    ['search.username=User_1&mode.username=exact&isCaseSensitive=true', ['id1']],
    ['search.primaryEmail=MAIL5@EXAMPLE.COM&mode.primaryEmail=exact', ['id5']],
    ['search.primaryPhone=61400000006&mode.primaryPhone=exact', ['id6']],
    ['search.id=ID_&mode.id=exact', []],
    ['search.id=id8&mode.id=exact', ['id8']],
    ['search.id=ID8&mode.id=exact', []],
    ['search.name=Odd_one&mode.name=exact&page_size=1', ['id45']],
    ['search.name=even 100%25&mode.name=exact&page_size=1', ['id44']],
    ['search.name=even 100%25&mode.name=exact&isCaseSensitive=true', []],
    ['search.name=Even 100%25&mode.name=exact&isCaseSensitive=true&page_size=1', ['id44']],
    ['search.username=user_(3|4)&mode.username=similar_to', ['id4', 'id3']],
    ['search.username=user_(3|4)&mode.username=similar_to&isCaseSensitive=true', []],
    ['search.username=%5Euser_[12]$&mode.username=posix', ['id2', 'id1']],
    ['search.username=%5Euser_[12]$&mode.username=posix&isCaseSensitive=true', []],
    ['search.username=user_1&search.primaryPhone=61400000002', ['id2', 'id1']],
    ['search.username=user_1&search.primaryPhone=61400000002&joint=and', []],
    ['search=%25mail3@%25&search.name=odd%25&joint=and', ['id3']],
    ['isSuspended=true&page_size=2', ['id45', 'id36']],
    ['isSuspended=false&page_size=2', ['id44', 'id43']],
    ['customData.plan=pro', ['id3', 'id2', 'id1']],
    ['customData.deep.level=7', ['id7']],
    ['customData.deep.level=7.0', ['id7']],
    ['customData.deep.level=07', []],
    ['customData.deep.text=7', ['id7']],
    ['customData.deep.flag=true', ['id7']],
    ['customData.plan=pro&customData.deep.level=2', ['id2']],
    ['customData.plan=pr', []],
    ['customData.none=1', []],
    ['search.id=id8&search.id=id9&search.id=nobody&mode.id=exact', ['id9', 'id8']],
    ['search.username=USER_1&search.username=user_2&mode.username=exact', ['id2', 'id1']],
    [
      'search.username=USER_1&search.username=User_2&mode.username=exact&isCaseSensitive=true',
      ['id2'],
    ],
    [
      'search.primaryEmail=MAIL5@EXAMPLE.COM&search.primaryEmail=mail6@example.com&mode.primaryEmail=exact',
      ['id6', 'id5'],
    ],
    [
      'search.primaryPhone=61400000006&search.primaryPhone=61400000007&mode.primaryPhone=exact',
      ['id7', 'id6'],
    ],
    ['search.name=even 100%25&search.name=nobody&mode.name=exact&page_size=1', ['id44']],
    [
      `mode.id=exact${Array.from({ length: 100 }, (_, n) => `&search.id=id${n + 44}`).join('')}`,
      ['id45', 'id44'],
    ],
  ])('%s finds %j', async (query, expected) => {
    expect(await ids(`?${query}`)).toEqual(expected);
  });

  it.each([
    ['page=0', '/page'],
    ['page=x', '/page'],
    ['page=1.5', '/page'],
    ['page_size=101', '/page_size'],
    ['page_size=0', '/page_size'],
    ['page=1&page=2', '/page'],
    ['page=2&cursor=', '/page'],
    ['count=none&cursor=', '/count'],
    ['count=all', '/count'],
    ['joint=xor', '/joint'],
    ['isCaseSensitive=1', '/isCaseSensitive'],
    ['isSuspended=yes', '/isSuspended'],
    ['mode.name=fuzzy&search.name=x', '/mode.name'],
    ['mode.name=exact', '/mode.name'],
    ['search.avatar=x', '/search.avatar'],
    ['search.passwordDigest=x', '/search.passwordDigest'],
    ['customData=x', '/customData'],
    ['customData.a..b=x', '/customData.a..b'],
    ['pageSize=5', '/pageSize'],
    ['__proto__=1', '/__proto__'],
    ['constructor=1', '/constructor'],
    ['search=a%00', '/search'],
    [`search=${'x'.repeat(513)}`, '/search'],
    ['search.name=(&mode.name=posix', '/search.name'],
    ['search.name=[&mode.name=similar_to', '/search.name'],
    ['search.id=nobody\\', '/search.id'],
    ['search=abc\\', '/search'],
    ['search=', '/search'],
    ['search.name=', '/search.name'],
    ['search.id=&mode.id=exact', '/search.id'],
    ['search.id=a&search.id=&mode.id=exact', '/search.id'],
    ['search.name=a&search.name=b', '/search.name'],
    ['search.name=a&search.name=b&mode.name=posix', '/search.name'],
    ['search=a&search=b', '/search'],
    [`mode.id=exact${'&search.id=a'.repeat(101)}`, '/search.id'],
    ['customData/=%00', '/customData~1'],
    ['customData/a~2=1', '/customData~1a~02'],
    [`customData${'/a'.repeat(33)}=1`, `/customData${'~1a'.repeat(33)}`],
    ['search.name=\\"a\\"b\\"c&mode.name=similar_to', '/search.name'],
    ['search.name=((a{1,100}){1,100}){1,6}&mode.name=posix', '/search.name'],
    ['search.name=((a{1,50}){1,50}){1,20}&mode.name=similar_to', '/search.name'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await list(`?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].pointer).toBe(pointer);
  });

  it.each([
    ['(&mode.name=posix', 'is not a valid regular expression'],
    ['\\"a\\"b\\"c&mode.name=similar_to', 'is not a valid pattern'],
    ['((a{1,100}){1,100}){1,6}&mode.name=posix', 'is too large a regular expression'],
  ])('tells what is wrong with the pattern %s', async (search, detail) => {
    const { json } = await list(`?search.name=${search}`);
    expect(json.errors).toEqual([{ pointer: '/search.name', code: 'invalid_format', detail }]);
  });

  it('tells everything that is wrong at once', async () => {
    const { json } = await list('?page=0&joint=x&nope=1');
    expect(json.errors.map((error: any) => error.pointer).sort()).toEqual([
      '/joint',
      '/nope',
      '/page',
    ]);
  });
});

describe('what there is too much of', () => {
  beforeAll(async () => {
    await app.database.client.query(`
      INSERT INTO users (tenant_id, id, name, created_at)
      SELECT 'default', 'many' || n, repeat('a', 61) || 'b' || n, '2020-01-01' FROM generate_series(1, 100100) n`);
    await app.database.client.query('VACUUM ANALYZE users');
  });

  it('is estimated, which a header says', async () => {
    const { headers } = await list('?page_size=1');
    expect(headers['total-number-is-estimate']).toBe('true');
    // Above what is counted: the planner knows of nearly all.
    expect(Number(headers['total-number'])).toBeGreaterThan(100_050);
    expect(Object.keys(links(headers['link']))).toEqual(['first', 'next']);
    const exact = await list('?page_size=1&search.id=id%25');
    expect(exact.headers['total-number']).toBe('45');
  });

  it('is counted to the end on request', async () => {
    const { headers } = await list('?page_size=1&count=exact');
    expect(headers['total-number']).toBe('100145');
    expect(headers['total-number-is-estimate']).toBeUndefined();
    expect(links(headers['link'])['last']).toBe('?page_size=1&count=exact&page=100145');
  });

  it('has one count for all who ask within two seconds; what there is little of, each its own', async () => {
    const total = async (query: string) => Number((await list(query)).headers['total-number']);
    const many = '?search.id=many9%25';
    const [before = 0, ...others] = await Promise.all([many, many, `${many}&page=7`].map(total));
    expect(others).toEqual([before, before]);
    expect(await total(`${many}&count=exact`)).toBe(before);
    await app.database.client.query(
      `INSERT INTO users (tenant_id, id) VALUES ('default', 'many9new'), ('default', 'id46')`,
    );
    expect(await total(`${many}&page_size=2`)).toBe(before);
    expect(await total(`${many}&count=exact`)).toBe(before + 1);
    expect(await total('?search.id=id%25')).toBe(46);
    const little = [1, 2, 3].map((page) => `?isSuspended=true&page_size=1&page=${page}`);
    expect(await Promise.all(little.map(total))).toEqual([5, 5, 5]);
    await sleep(2_100);
    expect(await total(many)).toBe(before + 1);
    await app.database.client.query(`DELETE FROM users WHERE id IN ('many9new', 'id46')`);
  });

  it('is found by the indexes: substring, exact value, custom data', async () => {
    const plan = async (where: string, value: string) => {
      const { rows } = await app.database.client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT FROM users WHERE tenant_id = 'default' AND ${where.replaceAll('$1', () => `'${value}'`)}`,
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const text = /Bitmap Index Scan on ix_users_tenant_id_text/;
    expect(await plan('(name ILIKE $1 OR username ILIKE $1)', '%lovelace%')).toMatch(text);
    expect(await plan('name ~* $1', 'love(lace|ly)')).toMatch(text);
    expect(await plan('username_key = $1', 'ada')).toMatch(/uq_users_tenant_id_username_key/);
    expect(await plan('custom_data @> $1', '{"plan":"pro"}')).toMatch(
      /ix_users_tenant_id_custom_data/,
    );
  });

  it('is found by any of a hundred exact values of each field, by an index', async () => {
    for (const [field, value, index] of [
      ['id', 'id7', 'pk_users'],
      ['username', 'USER_7', 'uq_users_tenant_id_username_key'],
      ['primaryEmail', 'MAIL7@example.com', 'uq_users_tenant_id_primary_email_key'],
      ['primaryPhone', '61400000007', 'uq_users_tenant_id_primary_phone'],
      ['name', `${'A'.repeat(61)}b7`, 'ix_users_tenant_id_lower_name'],
    ] as const) {
      const values = [value, ...Array.from({ length: 99 }, (_, n) => `nobody_${n}`)];
      const search = { [`search.${field}`]: values, [`mode.${field}`]: 'exact' };
      const repeated = values.map((one) => `&search.${field}=${one}`).join('');
      expect(await ids(`?mode.${field}=exact${repeated}`)).toEqual([
        field === 'name' ? 'many7' : 'id7',
      ]);
      const [sql, parameters] = selectUsers('default' as TenantId, parseUserQuery(search));
      const { rows } = await app.database.client.query(`EXPLAIN ${sql}`, parameters);
      expect(JSON.stringify(rows)).toMatch(new RegExp(`Index Scan (using|on) ${index}(_\\d+)? `));
    }
  });

  it('cannot run away: what takes too long is 503, as it may be the fault of others', async () => {
    // An odd number of letters is never twice another: every way to divide them is tried.
    const pattern = encodeURIComponent('^(a*)(a*)(a*)(a*)\\1\\2\\3\\4b');
    const answer = await list(`?search.name=${pattern}&mode.name=posix`);
    expect(answer.json).toMatchObject({
      ...{ status: 503, code: 'service.unavailable' },
      detail: 'The search took longer than 3 s. Narrow it down, or try again.',
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is not the fault of a caller while the database is out of memory', async () => {
    const { client, name } = app.database;
    await client.query(`
      CREATE FUNCTION similar_to_escape(text) RETURNS text LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'out of memory' USING ERRCODE = '53200'; END $$`);
    // The server's own functions are found behind this one.
    await client.query(`ALTER DATABASE ${name} SET search_path = public, pg_catalog`);
    await app.database.disconnectOthers();
    const answer = await list('?search.name=a&mode.name=similar_to');
    await client.query(`ALTER DATABASE ${name} RESET search_path`);
    await client.query('DROP FUNCTION public.similar_to_escape(text)');
    await app.database.disconnectOthers();
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
  });

  it('is not the fault of a caller while the database is slow', async () => {
    await app.database.client.query('BEGIN');
    await app.database.client.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    const answers = await Promise.all(
      ['?page=5000', '?search=%25a%25', '?search.id=x&mode.id=exact', '?cursor='].map(list),
    );
    await app.database.client.query('COMMIT');
    for (const { status, headers } of answers)
      expect([status, headers['retry-after']]).toEqual([503, '1']);
  });
});

describe('texts that are the same', () => {
  const NFD = 'Zoe\u0308 Ame\u0301lie';
  const call = (method: string, url: string, body?: unknown) =>
    app.call({ method, url, token, body });

  it('are found in either normal form, and a name is kept in NFC', async () => {
    const made = await call('POST', '/api/users', {
      name: NFD,
      primaryEmail: 'Jose\u0301@Bu\u0308cher.example',
    });
    expect(made.json.name).toBe(NFD.normalize('NFC'));
    for (const form of ['NFC', 'NFD'])
      for (const query of [
        `search=${encodeURIComponent('%oë Am%'.normalize(form))}`,
        `search.name=${encodeURIComponent(NFD.normalize(form))}&mode.name=exact`,
        `search.name=${encodeURIComponent('zoë'.normalize(form))}&mode.name=posix`,
        `search=${encodeURIComponent('%osé@bü%'.normalize(form))}`,
        `search.primaryEmail=${encodeURIComponent('José@%'.normalize(form))}&isCaseSensitive=true`,
        `search.primaryEmail=${encodeURIComponent('(josé|zoë)@%'.normalize(form))}&mode.primaryEmail=similar_to`,
        `search.primaryEmail=${encodeURIComponent('^josé@.*e$'.normalize(form))}&mode.primaryEmail=posix`,
        `search.primaryEmail=${encodeURIComponent('josé@bücher.example'.normalize(form))}&mode.primaryEmail=exact`,
        `search.primaryEmail=${encodeURIComponent('José@Bücher.example'.normalize(form))}&mode.primaryEmail=exact&isCaseSensitive=true`,
      ])
        expect([form, query, await ids(`?${query}`)]).toEqual([form, query, [made.json.id]]);
    for (const other of ['jos[à-é]x@%', 'jose.*@bucher'])
      expect(
        await ids(`?search.primaryEmail=${encodeURIComponent(other)}&mode.primaryEmail=posix`),
      ).toEqual([]);
    expect((await call('PATCH', `/api/users/${made.json.id}`, { name: NFD })).headers['etag']).toBe(
      '"1"',
    );
    expect((await call('DELETE', `/api/users/${made.json.id}`)).status).toBe(204);
  });

  it('are one e-mail address in Unicode and in Punycode, which no two users have', async () => {
    const primaryEmail = 'Ada@Bücher.example';
    const made = await call('POST', '/api/users', { primaryEmail });
    expect(made.json.primaryEmail).toBe(primaryEmail);
    for (const same of [
      'ada@xn--bcher-kva.example',
      'ADA@BÜCHER.EXAMPLE',
      'ada@bu\u0308cher.example',
      'ada@ｂücher.example',
    ]) {
      const taken = await call('POST', '/api/users', { primaryEmail: same });
      expect(taken.json.code).toBe('user.email_already_in_use');
      expect(
        await ids(`?search.primaryEmail=${encodeURIComponent(same)}&mode.primaryEmail=exact`),
      ).toEqual([made.json.id]);
    }
    for (const [address, found] of [
      ['Ada@xn--bcher-kva.example', true],
      ['Ada@BÜCHER.Example', true],
      ['ada@xn--bcher-kva.example', false],
    ] as const) {
      const query = `?search.primaryEmail=${encodeURIComponent(address)}&mode.primaryEmail=exact`;
      expect(await ids(`${query}&isCaseSensitive=true`)).toEqual(found ? [made.json.id] : []);
    }
    for (const other of [
      'ada@bucher.example',
      'bücher@ada.example',
      'ada@bücher.example.',
      'ada@b%C3%BCcher.example',
    ]) {
      const free = await call('POST', '/api/users', { primaryEmail: other });
      expect([other, free.status]).toEqual([other, 201]);
      await call('DELETE', `/api/users/${free.json.id}`);
    }
    await call('DELETE', `/api/users/${made.json.id}`);
  });

  it('are no reason for a 500 when their other form is long', async () => {
    const id = (await call('POST', '/api/users', {})).json.id;
    for (const body of [
      { primaryEmail: `a@${'ü.'.repeat(60)}de` },
      { primaryEmail: `a@${'\u{1f600}'.repeat(100)}.de` },
      { name: '\u0958'.repeat(128) },
      { name: '\ufb2c'.repeat(50) },
    ])
      expect([400, 200]).toContain((await call('PATCH', `/api/users/${id}`, body)).status);
    expect(
      (await call('PATCH', `/api/users/${id}`, { name: '\u0958'.repeat(128) })).json.errors[0].code,
    ).toBe('too_long');
    await call('DELETE', `/api/users/${id}`);
  });

  it('of custom data are found under keys with dots and slashes', async () => {
    const customData = { 'plan.v2': 'pro', 'a/b': { 'c.d': { '~': 1 } }, '': { x: true } };
    const made = await call('POST', '/api/users', { customData });
    for (const query of [
      'customData/plan.v2=pro',
      'customData/a~1b/c.d/~0=1',
      'customData%2Fa~1b%2Fc.d%2F~0=1',
      'customData//x=true',
      'customData.a/b.c.d.~=1',
    ].slice(0, 4))
      expect([query, await ids(`?${query}`)]).toEqual([query, [made.json.id]]);
    expect(await ids('?customData/plan/v2=pro')).toEqual([]);
    await call('DELETE', `/api/users/${made.json.id}`);
  });
});
