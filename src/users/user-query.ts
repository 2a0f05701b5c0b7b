import { invalidInput, type Violation } from '../errors/app-error.js';
import { USER_ID } from '../validation/rules.js';
import { jsonPointer } from '../errors/json-pointer.js';

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
const MAX_VALUE = 256;

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
  const violations: Violation[] = [];
  const refuse = (name: string, detail: string, code: Violation['code'] = 'invalid_format') =>
    violations.push({ pointer: jsonPointer([name]), code, detail });
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(parameters)) {
    if (!isKnown(name)) refuse(name, 'is not a query parameter of this route', 'unknown_parameter');
    else if (typeof value !== 'string') refuse(name, 'must stand only once');
    else if (value.includes('\0') || value.length > MAX_VALUE)
      refuse(name, `must have at most ${MAX_VALUE} characters, none of them NUL`);
    else given.set(name, value);
  }
  const whole = (name: string, fallback: number, max: number) => {
    const text = given.get(name);
    if (text === undefined) return fallback;
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= max) return Number(text);
    refuse(name, `must be a whole number from 1 to ${max}`);
    return fallback;
  };
  const choice = <Value extends string>(name: string, values: readonly Value[]) => {
    const text = given.get(name);
    if (text === undefined || values.includes(text as Value)) return text as Value | undefined;
    refuse(name, `must be one of ${values.join(', ')}`);
    return undefined;
  };
  const truth = (name: string) => {
    const text = choice(name, ['true', 'false']);
    return text === undefined ? undefined : text === 'true';
  };

  const fields = Object.keys(SEARCH_COLUMNS).flatMap((name) => {
    const field = name as SearchField;
    const value = given.get(`search.${field}`);
    const mode = choice(`mode.${field}`, SEARCH_MODES) ?? 'like';
    if (value !== undefined && mode === 'like' && endsInEscape(value))
      refuse(`search.${field}`, ENDS_IN_ESCAPE);
    if (value !== undefined) return [{ field, mode, value }];
    if (given.has(`mode.${field}`)) refuse(`mode.${field}`, `needs search.${field}`);
    return [];
  });
  if (endsInEscape(given.get('search') ?? '')) refuse('search', ENDS_IN_ESCAPE);
  const walk = given.get('cursor');
  const cursor = walk ? parseCursor(walk) : undefined;
  if (walk && !cursor) refuse('cursor', 'must be a cursor that an answer gave in Link');
  if (walk !== undefined && given.has('page')) refuse('page', 'must not stand beside a cursor');
  const query: UserQuery = {
    pageSize: whole('page_size', 20, MAX_PAGE_SIZE),
    page: walk === undefined ? whole('page', 1, 10_000_000) : undefined,
    cursor,
    anywhere: given.get('search'),
    fields,
    joint: choice('joint', ['and', 'or']) ?? 'or',
    isCaseSensitive: truth('isCaseSensitive') ?? false,
    isSuspended: truth('isSuspended'),
    customData: [...given]
      .filter(([name]) => name.startsWith('customData.'))
      .map(([name, value]) => ({ path: name.split('.').slice(1), value })),
  };
  if (violations.length > 0) throw invalidInput(violations);
  return query;
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
