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

/** A jsonb object of the fields that these columns are seen as, in the row of this name. */
function fieldsOf(columns: string[], row: string): string {
  const members = columns
    .filter((column) => column in FIELDS)
    .map((column) => `'${FIELDS[column]}', ${shownAs(column, `${row}.${column}`)}`);
  return `jsonb_build_object(${members.join(', ')})`;
}

/** The same of a new row, which also has a time at which it was made. */
export const newFieldsOf = (columns: string[], row: string) =>
  `${fieldsOf(columns, row)} || jsonb_build_object('createdAt', ${shownAs('created_at', `${row}.created_at`)})`;

/** The same of a user of which nothing is known yet. */
export function blankFieldsOf(columns: string[]): string {
  const fields = columns.filter((column) => column in FIELDS);
  const entries = fields.map((column) => [FIELDS[column], BLANKS[column] ?? null]);
  return `'${JSON.stringify(Object.fromEntries(entries))}'::jsonb`;
}

/** Where something changed that nobody may know: an event has the pointer and no value. */
export const secretsOf = (columns: string[]) =>
  columns.includes('password_digest') ? ['/password'] : [];
