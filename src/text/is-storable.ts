/** Whether it is text that PostgreSQL can keep: without NUL and without half a surrogate pair. */
export const isStorable = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
