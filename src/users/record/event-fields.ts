import { isJson } from './column-values.js';

/** Column → the field of the user object that it is seen as. */
export const FIELDS: Record<string, string> = {
  username: 'username',
  primary_email: 'primaryEmail',
  primary_phone: 'primaryPhone',
  name: 'name',
  avatar: 'avatar',
  custom_data: 'customData',
  profile: 'profile',
  is_suspended: 'isSuspended',
  last_sign_in_at: 'lastSignInAt',
  application_id: 'applicationId',
  password_digest: 'hasPassword',
};

/** Of a user that has just been made, where it is not null. */
const BLANKS: Record<string, unknown> = { custom_data: {}, profile: {}, password_digest: false };

/** SQL of what a column's value is seen as. */
export function shownAs(column: string, value: string): string {
  if (column === 'password_digest') return `${value} IS NOT NULL`;
  return column.endsWith('_at') ? `(extract(epoch FROM ${value}) * 1000)::bigint` : value;
}

/** SQL of the fields of a user that is made, of the row of this name: what is not given is blank. */
export function newFields(row: string, createdAt: string): string {
  const members = Object.entries(FIELDS).map(([column, field]) => {
    const value = `${row}.${column}`;
    return `'${field}', ${shownAs(column, isJson(column) ? `coalesce(${value}, '{}')` : value)}`;
  });
  return `jsonb_build_object(${members.join(', ')}, 'createdAt', ${shownAs('created_at', createdAt)})`;
}

/** The same of a user of which nothing is known yet. */
export const BLANK_FIELDS = `'${JSON.stringify(
  Object.fromEntries(
    Object.entries(FIELDS).map(([column, field]) => [field, BLANKS[column] ?? null]),
  ),
)}'::jsonb`;
