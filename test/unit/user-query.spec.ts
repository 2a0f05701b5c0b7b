import { describe, expect, it } from '@jest/globals';
import type { AppError } from '../../src/errors/app-error.js';
import { formatCursor, parseUserQuery, type UserQuery } from '../../src/users/search/user-query.js';

const USUAL: UserQuery = {
  ...{ pageSize: 20, page: 1, cursor: undefined, count: undefined },
  ...{ anywhere: undefined, fields: [], joint: 'or', isCaseSensitive: false },
  ...{ isSuspended: undefined, customData: [] },
};
const like = (field: string, ...values: string[]) => ({ field, mode: 'like', values });
const ADA = { createdAt: new Date(1_700_000_000_000), id: 'auth0|ada' };

/** Every fault as `parameter: detail`. */
function faults(parameters: object): string[] {
  try {
    parseUserQuery(parameters as Record<string, unknown>);
    return [];
  } catch (error) {
    const { errors = [] } = (error as AppError).extra;
    return errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`);
  }
}

describe('a query of users', () => {
  it.each<[Record<string, unknown>, object]>([
    [{}, {}],
    [
      { page: '10000000', page_size: '100', count: 'exact' },
      { page: 10_000_000, pageSize: 100, count: 'exact' },
    ],
    [
      { page: '1', page_size: '1', count: 'none' },
      { page: 1, pageSize: 1, count: 'none' },
    ],
    [{ cursor: '' }, { page: undefined }],
    [{ cursor: formatCursor(ADA) }, { page: undefined, cursor: ADA }],
    [{ search: 'e\u0301%' }, { anywhere: 'é%' }],
    [{ 'search.id': 'a' }, { fields: [like('id', 'a')] }],
    [
      { 'search.name': 'e\u0301', 'search.username': 'b' },
      { fields: [like('username', 'b'), like('name', 'é')] },
    ],
    [{ 'search.primaryEmail': 'a' }, { fields: [like('primaryEmail', 'a')] }],
    [{ 'search.primaryPhone': 'a' }, { fields: [like('primaryPhone', 'a')] }],
    [
      { 'search.id': ['a', 'b'], 'mode.id': 'exact' },
      { fields: [{ field: 'id', mode: 'exact', values: ['a', 'b'] }] },
    ],
    [
      { 'search.id': 'a\\', 'mode.id': 'posix', 'search.name': 'b\\', 'mode.name': 'similar_to' },
      {
        fields: [
          { field: 'id', mode: 'posix', values: ['a\\'] },
          { field: 'name', mode: 'similar_to', values: ['b\\'] },
        ],
      },
    ],
    [{ 'search.id': 'a\\\\' }, { fields: [like('id', 'a\\\\')] }],
    [{ 'search.id': '\\a' }, { fields: [like('id', '\\a')] }],
    [{ joint: 'and' }, { joint: 'and' }],
    [{ joint: 'or', isCaseSensitive: 'true' }, { isCaseSensitive: true }],
    [{ isSuspended: 'false', isCaseSensitive: 'false' }, { isSuspended: false }],
    [{ isSuspended: 'true' }, { isSuspended: true }],
    [
      { 'customData.a.b c': 'x', 'customData/a.b/~1~0~01': '' },
      {
        customData: [
          { path: ['a', 'b c'], value: 'x' },
          { path: ['a.b', '/~~1'], value: '' },
        ],
      },
    ],
    [{ 'customData/': 'x' }, { customData: [{ path: [''], value: 'x' }] }],
  ])('%j is understood', (parameters, expected) => {
    expect(parseUserQuery(parameters)).toEqual({ ...USUAL, ...expected });
  });

  const CURSOR = 'cursor: must be a cursor that an answer gave in Link';
  const BESIDE = 'must not stand beside a cursor';
  const BACKSLASH = 'must not end in a single backslash';
  const UNKNOWN = 'is not a query parameter of this route';
  const encoded = (text: string) => Buffer.from(text).toString('base64url');

  it.each<[object, string[]]>([
    [{ page: '0' }, ['page: must be a whole number from 1 to 10000000']],
    [{ page: '10000001' }, ['page: must be a whole number from 1 to 10000000']],
    [{ page_size: '0' }, ['page_size: must be a whole number from 1 to 100']],
    [{ page_size: '101' }, ['page_size: must be a whole number from 1 to 100']],
    [{ count: 'some' }, ['count: must be one of none, exact']],
    [{ joint: 'xor' }, ['joint: must be one of and, or']],
    [
      { 'mode.id': 'glob', 'search.id': 'a' },
      ['mode.id: must be one of like, similar_to, posix, exact'],
    ],
    [{ 'mode.id': 'exact' }, ['mode.id: needs search.id']],
    [{ page: ['1', '2'] }, ['page: must stand only once']],
    [{ 'search.id': ['a', 'b'] }, ['search.id: must stand only once']],
    [{ 'search.id': ['a', 'b'], 'mode.id': 'posix' }, ['search.id: must stand only once']],
    [{ search: '' }, ['search: must not be empty']],
    [{ 'search.name': '' }, ['search.name: must not be empty']],
    [{ 'search.name': ['a', ''], 'mode.name': 'exact' }, ['search.name: must not be empty']],
    [{ search: 'a\\' }, [`search: ${BACKSLASH}`]],
    [{ 'search.name': '\\\\\\' }, [`search.name: ${BACKSLASH}`]],
    [{ cursor: 'x' }, [CURSOR]],
    [{ cursor: encoded('1700000000000') }, [CURSOR]],
    [{ cursor: encoded('1700000000000 a b') }, [CURSOR]],
    [{ cursor: encoded('1700000000000 ..') }, [CURSOR]],
    [{ cursor: encoded('x1700000000000 a') }, [CURSOR]],
    [{ cursor: encoded('1234567890123456 a') }, [CURSOR]],
    [{ cursor: encoded('01 a') }, [CURSOR]],
    [{ cursor: `${formatCursor(ADA)}=` }, [CURSOR]],
    [{ cursor: '', page: '1', count: 'none' }, [`page: ${BESIDE}`, `count: ${BESIDE}`]],
    [{ cursor: formatCursor(ADA), page: '1' }, [`page: ${BESIDE}`]],
    ...['Page', 'xpage', 'pagex', 'search.avatar', 'xsearch.id', 'search.idx', 'customData'].map(
      (name): [object, string[]] => [{ [name]: '1' }, [`${name}: ${UNKNOWN}`]],
    ),
    ...['customData.', 'customData.a..b', 'customDataa', 'xcustomData.a', 'customData.a\0'].map(
      (name): [object, string[]] => [{ [name]: '1' }, [`${name}: ${UNKNOWN}`]],
    ),
    [{ 'customData/a~2': '1' }, [`customData~1a~02: ${UNKNOWN}`]],
    [{ [`customData${'.a'.repeat(33)}`]: '1' }, [`customData${'.a'.repeat(33)}: ${UNKNOWN}`]],
    [
      { page: 'x', joint: 'x' },
      ['page: must be a whole number from 1 to 10000000', 'joint: must be one of and, or'],
    ],
  ])('%j is refused', (parameters, expected) => {
    expect(faults(parameters)).toEqual(expected);
  });

  it('may name 32 levels of custom data', () => {
    for (const name of [`customData${'.a'.repeat(32)}`, `customData${'/a'.repeat(32)}`])
      expect(parseUserQuery({ [name]: '1' }).customData).toEqual([
        { path: Array(32).fill('a'), value: '1' },
      ]);
  });
});
