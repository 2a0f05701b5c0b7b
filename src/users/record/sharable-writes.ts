import { UNIQUE_COLUMNS } from './column-values.js';
import type { Columns } from './patch-columns.js';

/** Characters of JSON above which a write goes alone. */
const MAX_SHARED_LENGTH = 8_192;

/** A write to one user. */
export interface Write {
  id: string;
  columns?: Columns;
}

/** Those that can share a statement: not the large ones, and of equal keys only the first. */
export function sharable<One extends Write>(writes: One[]): One[] {
  const keys = new Set<string>();
  return writes.filter(({ columns = {} }) => {
    const own = UNIQUE_COLUMNS.filter((column) => (columns[column] ?? null) !== null).map(
      (column) => `${column} ${String(columns[column])}`,
    );
    if (own.some((key) => keys.has(key)) || isLarge(columns)) return false;
    for (const key of own) keys.add(key);
    return true;
  });
}

export const isLarge = (columns: Columns = {}) =>
  [columns['custom_data'], columns['profile']].some(
    (value) => value !== undefined && JSON.stringify(value).length > MAX_SHARED_LENGTH,
  );
