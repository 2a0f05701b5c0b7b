import { describe, expect, it } from '@jest/globals';
import type { UserRow } from '../../src/users/record/user-row.js';
import { pageHeaders, type UserPage } from '../../src/users/search/user-page.js';
import { formatCursor, parseUserQuery } from '../../src/users/search/user-query.js';

const row = (id: string) => ({ id, createdAt: new Date(1_000) }) as UserRow;
const CURSOR = formatCursor(row('b'));
const exactly = (count: number) => ({ total: { count, isEstimate: false } });

/** The headers of a page that was asked for by this query, and its links by their relation. */
const headers = (query: string, page: Partial<UserPage>) => {
  const { Link, ...others } = pageHeaders(
    { users: [row('a'), row('c'), row('b')], hasNext: false, ...page },
    parseUserQuery(Object.fromEntries(new URLSearchParams(query))),
    `/api/users?${query}`,
  );
  const links = (Link ?? '').split(', ').filter(Boolean);
  const byRelation = links.map((link) => {
    const [, target, relation] = /^<\?(.*)>; rel="(\w+)"$/.exec(link) ?? [];
    return [relation, target];
  });
  return { ...others, ...Object.fromEntries(byRelation) } as Record<string, string>;
};

describe('the headers of a page', () => {
  it.each<[string, Partial<UserPage>, Record<string, string>]>([
    ['', exactly(0), { 'Total-Number': '0', first: 'page=1', last: 'page=1' }],
    ['', exactly(20), { 'Total-Number': '20', first: 'page=1', last: 'page=1' }],
    [
      'page_size=2',
      { hasNext: true, ...exactly(5) },
      {
        'Total-Number': '5',
        ...{ first: 'page_size=2&page=1', next: 'page_size=2&page=2', last: 'page_size=2&page=3' },
      },
    ],
    [
      'page=2&page_size=2',
      { hasNext: true, ...exactly(5) },
      {
        ...{ 'Total-Number': '5', first: 'page=1&page_size=2', prev: 'page=1&page_size=2' },
        ...{ next: 'page=3&page_size=2', last: 'page=3&page_size=2' },
      },
    ],
    [
      'page=9&page_size=2',
      { users: [], ...exactly(5) },
      {
        ...{ 'Total-Number': '5', first: 'page=1&page_size=2', prev: 'page=3&page_size=2' },
        ...{ last: 'page=3&page_size=2' },
      },
    ],
    [
      'page=2',
      { hasNext: true, total: { count: 5_000, isEstimate: true } },
      {
        ...{ 'Total-Number': '5000', 'Total-Number-Is-Estimate': 'true' },
        ...{ first: 'page=1', prev: 'page=1', next: 'page=3' },
      },
    ],
    ['count=none&page=3', {}, { first: 'count=none&page=1', prev: 'count=none&page=2' }],
    ['cursor=', { hasNext: true }, { next: `cursor=${CURSOR}` }],
    ['cursor=&page_size=2', { hasNext: true }, { next: `cursor=${CURSOR}&page_size=2` }],
    ['cursor=', { hasNext: false }, {}],
    ['cursor=', { users: [], hasNext: true }, {}],
  ])('asked for by «%s» with %j', (query, page, expected) => {
    expect(headers(query, page)).toEqual(expected);
  });
});
