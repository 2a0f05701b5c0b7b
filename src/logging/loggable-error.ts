/**
 * What may be logged of an error. Messages and details of the database repeat the values of the
 * row, so of its errors only names are kept: SQLSTATE, constraint, table, and the parameterised SQL.
 */
export function loggableError(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const { driverError, query } = thrown as { driverError?: DatabaseError; query?: string };
  if (driverError) {
    const { code, constraint, table, routine } = driverError;
    return { name: thrown.name, sqlstate: code, constraint, table, routine, query };
  }
  return { name: thrown.name, message: thrown.message, stack: thrown.stack };
}

interface DatabaseError {
  code?: string;
  constraint?: string;
  table?: string;
  routine?: string;
}
