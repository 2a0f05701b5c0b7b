import { ONCE, QueryParameters } from '../../http/query-parameters.js';
import { isStorable } from '../../text/is-storable.js';
import { USER_ID } from '../../validation/rules.js';

/** The fields that a search looks into, and the columns behind them. */
export const SEARCH_COLUMNS = {
  id: 'id',
  username: 'username',
  primaryEmail: 'primary_email',
  primaryPhone: 'primary_phone',
  name: 'name',
} as const;

export type SearchField = keyof typeof SEARCH_COLUMNS;

export const SEARCH_MODES = ['like', 'similar_to', 'posix', 'exact'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Of a page by number: no total, or one that is neither an estimate nor another caller's. */
export const COUNTS = ['none', 'exact'] as const;

/** Unless another one is asked for. */
export const USUAL_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** Rows of a list that an index gives in no time. */
const QUICK_ROWS = 10_000;

/** Whether more than these stand before the end of a page. */
export const isFar = (page: number, pageSize: number) => page * pageSize > QUICK_ROWS;

/** Where a page of a walk begins: behind the user with this time and id. */
export interface Cursor {
  createdAt: Date;
  id: string;
}

/** `GET /api/users`, understood. */
export interface UserQuery {
  pageSize: number;
  /** A page by number, with a count; or a step of a walk, from the start when there is no cursor. */
  page: number | undefined;
  cursor: Cursor | undefined;
  count: (typeof COUNTS)[number] | undefined;
  /** Looked for in any of the fields. */
  anywhere: string | undefined;
  /** Of several values, which only an exact search has, any. */
  fields: { field: SearchField; mode: SearchMode; values: string[] }[];
  joint: 'and' | 'or';
  isCaseSensitive: boolean;
  isSuspended: boolean | undefined;
  customData: { path: string[]; value: string }[];
}

/** @throws AppError guard.invalid_input with every parameter that is wrong */
export function parseUserQuery(parameters: Record<string, unknown>): UserQuery {
  const query = new QueryParameters(parameters, isKnown, (name) => name.startsWith('search.'));
  const fields = Object.keys(SEARCH_COLUMNS).flatMap((name) => {
    const field = name as SearchField;
    const values = query.all(`search.${field}`);
    const mode = query.choice(`mode.${field}`, SEARCH_MODES) ?? 'like';
    if (values.length > 1 && mode !== 'exact') query.refuse(`search.${field}`, ONCE);
    for (const value of values) checkSearch(query, `search.${field}`, value, mode);
    if (values.length > 0) return [{ field, mode, values: values.map(inNfc) }];
    if (query.text(`mode.${field}`) !== undefined)
      query.refuse(`mode.${field}`, `needs search.${field}`);
    return [];
  });
  const anywhere = query.text('search');
  if (anywhere !== undefined) checkSearch(query, 'search', anywhere, 'like');
  const walk = query.text('cursor');
  const cursor = walk ? parseCursor(walk) : undefined;
  if (walk && !cursor) query.refuse('cursor', 'must be a cursor that an answer gave in Link');
  for (const name of ['page', 'count'])
    if (walk !== undefined && query.text(name) !== undefined)
      query.refuse(name, 'must not stand beside a cursor');
  const understood: UserQuery = {
    pageSize: query.whole('page_size', USUAL_PAGE_SIZE, 1, MAX_PAGE_SIZE),
    page: walk === undefined ? query.whole('page', 1, 1, 10_000_000) : undefined,
    cursor,
    count: query.choice('count', COUNTS),
    anywhere: anywhere && inNfc(anywhere),
    fields,
    joint: query.choice('joint', ['and', 'or']) ?? 'or',
    isCaseSensitive: query.truth('isCaseSensitive') ?? false,
    isSuspended: query.truth('isSuspended'),
    customData: [...query.given]
      .filter(([name]) => name.startsWith('customData'))
      .map(([name, [value = '']]) => ({ path: pathOf(name), value })),
  };
  query.check();
  return understood;
}

/** Texts are stored and compared in NFC. */
const inNfc = (text: string) => text.normalize('NFC');

function checkSearch(query: QueryParameters, name: string, value: string, mode: SearchMode): void {
  if (value === '') query.refuse(name, 'must not be empty');
  // PostgreSQL would find out only if a value matched that far.
  if (mode === 'like' && /(?<!\\)(\\\\)*\\$/.test(value))
    query.refuse(name, 'must not end in a single backslash');
}

/** `customData.a.b`, or as a JSON Pointer (RFC 6901) for keys with dots and slashes: `customData/a.b`. */
function pathOf(name: string): string[] {
  const path = name.slice('customData'.length + 1);
  if (name.startsWith('customData.')) return path.split('.');
  return path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Parameters that name a place in custom data. */
export const CUSTOM_DATA_NAME = /^customData((\.[^.]+){1,32}|(\/([^~/]|~[01])*){1,32})$/;

const KNOWN =
  /^(page|page_size|cursor|count|search|joint|isCaseSensitive|isSuspended|(search|mode)\.(id|username|primaryEmail|primaryPhone|name))$/;

const isKnown = (name: string) =>
  (KNOWN.test(name) || CUSTOM_DATA_NAME.test(name)) && isStorable(name);

export function formatCursor({ createdAt, id }: Cursor): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url');
}

function parseCursor(text: string): Cursor | undefined {
  const [, time, id] = /^(\d{1,15}) (\S+)$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  const isCursor = id !== undefined && USER_ID.test(id);
  const cursor = isCursor ? { createdAt: new Date(Number(time)), id } : undefined;
  return cursor && formatCursor(cursor) === text ? cursor : undefined;
}
