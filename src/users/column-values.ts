import type { JsonMode } from '../http/json-body.js';
import type { Columns } from './patch-columns.js';

/** A parameter that stands more than once must have one type, so each is cast; text otherwise. */
const TYPES: Record<string, string> = {
  custom_data: 'jsonb',
  profile: 'jsonb',
  is_suspended: 'boolean',
  last_sign_in_at: 'timestamptz(3)',
};

const MERGES: Record<JsonMode, (column: string, parameter: string) => string> = {
  replace: (_column, parameter) => parameter,
  assign: (column, parameter) => `${column} || ${parameter}`,
  merge: (column, parameter) => `json_merge_patch(${column}, ${parameter})`,
};

/** Numbers the columns' values behind the parameters that are there already. */
export function numbered(columns: Columns, fixed: unknown[], json: JsonMode) {
  const entries = Object.entries(columns);
  const value = ([column, stored]: [string, unknown], index: number) => {
    const type = TYPES[column] ?? 'varchar';
    const parameter = `$${fixed.length + index + 1}::${type}`;
    // null removes the whole object, and an object that is not there is an empty one.
    return type === 'jsonb' && stored !== null ? MERGES[json](column, parameter) : parameter;
  };
  const parameter = ([column, stored]: [string, unknown]) =>
    TYPES[column] === 'jsonb' ? JSON.stringify(stored ?? {}) : stored;
  return {
    names: entries.map(([column]) => column),
    values: entries.map(value),
    parameters: [...fixed, ...entries.map(parameter)],
  };
}
