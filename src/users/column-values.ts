import type { Columns } from './patch-columns.js';

/** Column that a patch can set → its type. Its place is its bit in the mask of what a patch sets. */
export const COLUMN_TYPES: Record<string, string> = {
  username: 'varchar',
  username_key: 'varchar',
  primary_email: 'varchar',
  primary_email_key: 'varchar',
  primary_email_assumed: 'boolean',
  primary_phone: 'varchar',
  primary_phone_assumed: 'boolean',
  name: 'varchar',
  avatar: 'varchar',
  custom_data: 'jsonb',
  profile: 'jsonb',
  is_suspended: 'boolean',
  last_sign_in_at: 'timestamptz(3)',
  application_id: 'varchar',
  password_digest: 'varchar',
  password_algorithm: 'varchar',
};

export const isJson = (column: string) => COLUMN_TYPES[column] === 'jsonb';

/** Numbers the columns' values behind the parameters that are there already. */
export function numbered(columns: Columns, fixed: unknown[]) {
  const entries = Object.entries(columns);
  const value = ([column]: [string, unknown], index: number) =>
    `$${fixed.length + index + 1}::${COLUMN_TYPES[column]}`;
  const parameter = ([column, stored]: [string, unknown]) =>
    isJson(column) ? JSON.stringify(stored ?? {}) : stored;
  return {
    names: entries.map(([column]) => column),
    values: entries.map(value),
    parameters: [...fixed, ...entries.map(parameter)],
  };
}
