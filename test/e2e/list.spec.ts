import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
    const { prev, first, last } = links((await list('?page_size=10&page=5')).headers['link']);
    expect({ prev, first, last }).toEqual({
      prev: '?page_size=10&page=4',
      first: '?page_size=10&page=1',
      last: '?page_size=10&page=5',
    });
  });

  it('keeps a question mark of the query in its links', async () => {
    const { headers } = await list('?search=%25a?b%25&page_size=3');
    expect(links(headers['link'])['first']).toBe('?search=%25a%3Fb%25&page_size=3&page=1');
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
    ['search.username=user_(3|4)&mode.username=similar_to', ['id4', 'id3']],
    ['search.username=user_(3|4)&mode.username=similar_to&isCaseSensitive=true', []],
    ['search.username=%5Euser_[12]$&mode.username=posix', ['id2', 'id1']],
    ['search.username=%5Euser_[12]$&mode.username=posix&isCaseSensitive=true', []],
    ['search.username=user_1&search.primaryPhone=61400000002', ['id2', 'id1']],
    ['search.username=user_1&search.primaryPhone=61400000002&joint=and', []],
    ['search=%25mail3@%25&search.name=odd%25&joint=and', ['id3']],
    ['isSuspended=true&page_size=2', ['id45', 'id36']],
    ['customData.plan=pro', ['id3', 'id2', 'id1']],
    ['customData.deep.level=7', ['id7']],
    ['customData.deep.text=7', ['id7']],
    ['customData.deep.flag=true', ['id7']],
    ['customData.plan=pro&customData.deep.level=2', ['id2']],
    ['customData.plan=pr', []],
    ['customData.none=1', []],
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
    ['search.name=\\"a\\"b\\"c&mode.name=similar_to', '/search.name'],
    ['search.name=((a{1,100}){1,100}){1,6}&mode.name=posix', '/search.name'],
    ['search.name=((a{1,50}){1,50}){1,20}&mode.name=similar_to', '/search.name'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await list(`?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].pointer).toBe(pointer);
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
    expect(Number(headers['total-number'])).toBeGreaterThan(100_000);
    expect(Object.keys(links(headers['link']))).toEqual(['first', 'next']);
    const exact = await list('?page_size=1&search.id=id%25');
    expect(exact.headers['total-number']).toBe('45');
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

  it('cannot run away: a pattern that takes too long is 400', async () => {
    // An odd number of letters is never twice another: every way to divide them is tried.
    const pattern = encodeURIComponent('^(a*)(a*)(a*)(a*)\\1\\2\\3\\4b');
    const answer = await list(`?search.name=${pattern}&mode.name=posix`);
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].detail).toContain('takes too long');
  });
});
