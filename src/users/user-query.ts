import { QueryParameters } from '../http/query-parameters.js';
import { USER_ID } from '../validation/rules.js';

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

export const MAX_PAGE_SIZE = 100;

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
  /** Looked for in any of the fields. */
  anywhere: string | undefined;
  fields: { field: SearchField; mode: SearchMode; value: string }[];
  joint: 'and' | 'or';
  isCaseSensitive: boolean;
  isSuspended: boolean | undefined;
  customData: { path: string[]; value: string }[];
}

/** @throws AppError guard.invalid_input with every parameter that is wrong */
export function parseUserQuery(parameters: Record<string, unknown>): UserQuery {
  const query = new QueryParameters(parameters, isKnown);
  const fields = Object.keys(SEARCH_COLUMNS).flatMap((name) => {
    const field = name as SearchField;
    const value = query.text(`search.${field}`);
    const mode = query.choice(`mode.${field}`, SEARCH_MODES) ?? 'like';
    if (value !== undefined && mode === 'like' && endsInEscape(value))
      query.refuse(`search.${field}`, ENDS_IN_ESCAPE);
    if (value !== undefined) return [{ field, mode, value }];
    if (query.text(`mode.${field}`) !== undefined)
      query.refuse(`mode.${field}`, `needs search.${field}`);
    return [];
  });
  if (endsInEscape(query.text('search') ?? '')) query.refuse('search', ENDS_IN_ESCAPE);
  const walk = query.text('cursor');
  const cursor = walk ? parseCursor(walk) : undefined;
  if (walk && !cursor) query.refuse('cursor', 'must be a cursor that an answer gave in Link');
  if (walk !== undefined && query.text('page') !== undefined)
    query.refuse('page', 'must not stand beside a cursor');
  const understood: UserQuery = {
    pageSize: query.whole('page_size', 20, 1, MAX_PAGE_SIZE),
    page: walk === undefined ? query.whole('page', 1, 1, 10_000_000) : undefined,
    cursor,
    anywhere: query.text('search'),
    fields,
    joint: query.choice('joint', ['and', 'or']) ?? 'or',
    isCaseSensitive: query.truth('isCaseSensitive') ?? false,
    isSuspended: query.truth('isSuspended'),
    customData: [...query.given]
      .filter(([name]) => name.startsWith('customData.'))
      .map(([name, value]) => ({ path: name.split('.').slice(1), value })),
  };
  query.check();
  return understood;
}

const ENDS_IN_ESCAPE = 'must not end in a single backslash';

/** PostgreSQL would find out only if a value matched that far. */
const endsInEscape = (pattern: string) => /(?<!\\)(\\\\)*\\$/.test(pattern);

const KNOWN =
  /^(page|page_size|cursor|search|joint|isCaseSensitive|isSuspended|(search|mode)\.(id|username|primaryEmail|primaryPhone|name)|customData(\.[^.]+){1,32})$/;

const isKnown = (name: string) => KNOWN.test(name) && !name.includes('\0') && name.isWellFormed();

export function formatCursor({ createdAt, id }: Cursor): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url');
}

function parseCursor(text: string): Cursor | undefined {
  const [, time, id] = /^(\d{1,15}) (\S+)$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  const isCursor = id !== undefined && USER_ID.test(id);
  const cursor = isCursor ? { createdAt: new Date(Number(time)), id } : undefined;
  return cursor && formatCursor(cursor) === text ? cursor : undefined;
}
