import { parseJson } from '../../json/parse-json.js';
import { caseFolded } from '../../text/case-folded.js';
import { emailKey } from '../../text/email-key.js';
import {
  MAX_PAGE_SIZE,
  SEARCH_COLUMNS,
  type SearchField,
  type SearchMode,
  USUAL_PAGE_SIZE,
  type UserQuery,
} from './user-query.js';
import { acrossTenants, anyOf, ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import { userRow } from '../record/user.statements.js';

/** Matches are counted up to here; beyond it, the planner's estimate has to do, unless all are to be counted. */
export const MAX_COUNT = 100_000;

const NEWEST_FIRST = 'ORDER BY created_at DESC, id DESC';

/** A page of users. One more than asked for, which tells whether there is another page. */
export function selectUsers(tenantId: TenantId, query: UserQuery): Statement {
  const { where, parameters, add } = conditions(query);
  const { cursor, page = 1, pageSize } = query;
  const after = cursor
    ? ` AND (created_at, id) < (${add(cursor.createdAt)}::timestamptz, ${add(cursor.id)}::varchar)`
    : '';
  const offset = (page - 1) * pageSize;
  const some = `FROM users WHERE ${where}${after} ${NEWEST_FIRST} LIMIT ${add(pageSize + 1)}`;
  // The pages before are gone through in the index alone.
  const rows = offset
    ? `(SELECT id ${some} OFFSET ${add(offset)}) page JOIN users u ON u.tenant_id = $1 AND u.id = page.id`
    : `(SELECT * FROM (SELECT * ${some}) page LIMIT ${plannedFor(pageSize)}) u`;
  return ofTenant(
    tenantId,
    `SELECT ${userRow} FROM ${rows} ORDER BY u.created_at DESC, u.id DESC`,
    parameters,
  );
}

/**
 * As a number that the planner sees, so that its plan for any parameters is as good as one for these, and
 * kept; a number for each page size would be as many statements to prepare.
 */
const plannedFor = (pageSize: number) =>
  (pageSize <= USUAL_PAGE_SIZE ? USUAL_PAGE_SIZE : MAX_PAGE_SIZE) + 1;

export function countUsers(tenantId: TenantId, query: UserQuery): Statement {
  const { where, parameters } = conditions(query);
  const limit = query.count === 'exact' ? 'ALL' : MAX_COUNT + 1;
  return ofTenant(
    tenantId,
    `SELECT count(*)::integer AS count FROM
       (SELECT 1 FROM users WHERE ${where} LIMIT ${limit}) matching`,
    parameters,
  );
}

/** Answers a plan (EXPLAIN's JSON) whose `Plan Rows` is the planner's estimate of the matches. */
export function estimateUsers(tenantId: TenantId, query: UserQuery): Statement {
  const { where, parameters } = conditions(query);
  return ofTenant(tenantId, `EXPLAIN (FORMAT JSON) SELECT 1 FROM users WHERE ${where}`, parameters);
}

/** Looks at a form of a regular expression by itself. One may be fine with regard to case, and too large without. */
export function tryPattern(
  mode: 'posix' | 'similar_to',
  isCaseSensitive: boolean,
  form: string,
): Statement {
  const pattern = mode === 'posix' ? '$1::text' : 'similar_to_escape($1::text)';
  const operator = OPERATORS[mode][isCaseSensitive ? 'exact' : 'folded'];
  return acrossTenants(`SELECT '' ${operator} ${pattern}`, [form]);
}

/**
 * Merges what waits to be merged into the indexes of the searches, and answers how many pages that was.
 * Only the owner of the indexes may.
 */
export const mergePending = `
  SELECT (gin_clean_pending_list('ix_users_tenant_id_text')
    + gin_clean_pending_list('ix_users_tenant_id_custom_data'))::integer AS pages`;

function conditions(query: UserQuery) {
  const parameters: unknown[] = [];
  // Behind the tenant.
  const add = (value: unknown) => `$${parameters.push(value) + 1}`;
  const all = ['tenant_id = $1'];
  const { anywhere, isCaseSensitive } = query;
  const any = query.fields.map(({ field, mode, values }) =>
    matches(field, mode, values, isCaseSensitive, add),
  );
  if (anywhere !== undefined) {
    const fields = Object.keys(SEARCH_COLUMNS) as SearchField[];
    const each = fields.map((field) => matches(field, 'like', [anywhere], isCaseSensitive, add));
    any.push(`(${each.join(' OR ')})`);
  }
  if (any.length > 0) all.push(`(${any.join(query.joint === 'and' ? ' AND ' : ' OR ')})`);
  if (query.isSuspended !== undefined)
    all.push(query.isSuspended ? 'is_suspended' : 'NOT is_suspended');
  for (const { path, value } of query.customData) all.push(holds(path, value, add));
  return { where: all.join(' AND '), parameters, add };
}

type Add = (value: unknown) => string;

/** Each form can use an index: the trigrams of all fields, or the key of one. */
function matches(
  field: SearchField,
  mode: SearchMode,
  values: string[],
  isCaseSensitive: boolean,
  add: Add,
): string {
  if (mode === 'exact') return isAnyOf(field, values, isCaseSensitive, add);
  const column = SEARCH_COLUMNS[field];
  const operator = OPERATORS[mode][isCaseSensitive ? 'exact' : 'folded'];
  const [value = ''] = values;
  const fits = (text: string, pattern: string) => {
    const parameter = add(pattern);
    const operand = mode === 'similar_to' ? `similar_to_escape(${parameter}::text)` : parameter;
    return `${text} ${operator} ${operand}`;
  };
  const forms = formsOf(field, mode, value);
  if (forms.length === 1) return fits(column, value);
  const either = forms.map((form) => fits(column, form)).join(' OR ');
  return `((${either}) AND ${fits(inNfc(column), value)})`;
}

/**
 * The forms of a pattern by which an index finds what has its NFC: e-mail addresses are kept in the
 * form they came in. A range in the brackets of a regular expression has one form only.
 */
export function formsOf(field: SearchField, mode: SearchMode, value: string): string[] {
  const hasOne = field !== 'primaryEmail' || (mode !== 'like' && value.includes('['));
  return hasOne ? [value] : [...new Set([value, value.normalize('NFD')])];
}

const OPERATORS = {
  like: { exact: 'LIKE', folded: 'ILIKE' },
  posix: { exact: '~', folded: '~*' },
  similar_to: { exact: '~', folded: '~*' },
};

const inNfc = (column: string) => `normalize(${column}, NFC)`;

function isAnyOf(field: SearchField, values: string[], isCaseSensitive: boolean, add: Add): string {
  const each = (list: string[]) => `unnest(${add(list)}::varchar[])`;
  const any = (list: string[]) => anyOf(`SELECT ${each(list)}`);
  switch (field) {
    // Compared exactly; and digits have no case.
    case 'id':
    case 'primaryPhone':
      return `${SEARCH_COLUMNS[field]} = ${any(values)}`;
    case 'username': {
      const hasKey = `username_key = ${any(values.map(caseFolded))}`;
      return isCaseSensitive ? `(${hasKey} AND username = ${any(values)})` : hasKey;
    }
    case 'primaryEmail': {
      const hasKey = `primary_email_key = ${any(values.map(emailKey))}`;
      return isCaseSensitive
        ? `(${hasKey} AND ${ADDRESS} = ${any(values.map(addressOf))})`
        : hasKey;
    }
    case 'name': {
      const hasName = `lower(name) = ${anyOf(`SELECT lower(${each(values)})`)}`;
      return isCaseSensitive ? `(${hasName} AND name = ${any(values)})` : hasName;
    }
  }
}

/** An e-mail address with its own case, but its domain, which has none, as the key has it. */
const addressOf = (email: string) =>
  email.slice(0, email.lastIndexOf('@')) + emailKey(email).replace(/^.*@/s, '@');

/** SQL of `addressOf`. */
const ADDRESS = `(substring(${inNfc('primary_email')} FROM '^(.*)@') || substring(primary_email_key FROM '@[^@]*$'))`;

/** The value may be text, or stand for a number, a boolean or null. */
function holds(path: string[], value: string, add: Add): string {
  const at = (leaf: unknown) =>
    JSON.stringify(path.reduceRight((inner: unknown, key) => ({ [key]: inner }), leaf));
  const forms = [at(value)];
  if (/^(true|false|null|-?\d+(\.\d+)?)$/.test(value)) forms.push(at(parseJson(asJson(value))));
  return `(${forms.map((form) => `custom_data @> ${add(form)}::jsonb`).join(' OR ')})`;
}

/** JSON has no number with a leading zero. */
const asJson = (value: string) => (/^-?0\d/.test(value) ? JSON.stringify(value) : value);
