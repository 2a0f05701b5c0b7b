import type { Columns } from './patch-columns.js';

/** A parameter that stands more than once must have one type, so each is cast; text otherwise. */
const TYPES: Record<string, string> = {
  custom_data: 'jsonb',
  profile: 'jsonb',
  primary_email_assumed: 'boolean',
  primary_phone_assumed: 'boolean',
  is_suspended: 'boolean',
  last_sign_in_at: 'timestamptz(3)',
};

/** Numbers the columns' values behind the parameters that are there already. */
export function numbered(columns: Columns, fixed: unknown[]) {
  const entries = Object.entries(columns);
  const value = ([column]: [string, unknown], index: number) =>
    `$${fixed.length + index + 1}::${TYPES[column] ?? 'varchar'}`;
  const parameter = ([column, stored]: [string, unknown]) =>
    TYPES[column] === 'jsonb' ? JSON.stringify(stored ?? {}) : stored;
  return {
    names: entries.map(([column]) => column),
    values: entries.map(value),
    parameters: [...fixed, ...entries.map(parameter)],
  };
}
