import type { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';

const UNIQUE_VIOLATION = '23505';

/** What a node of Citus refused is told in the message alone, in any language, and ends in the shard's number. */
const NAME = /\b(pk|uq)_\w+/;
const SHARD = /_\d+$/;

/** The name of the unique constraint that the database refused a statement for, if it did. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const { code, constraint, message } = error.driverError as DatabaseError;
  if (code !== UNIQUE_VIOLATION) return undefined;
  return (constraint ?? NAME.exec(message)?.[0])?.replace(SHARD, '');
}
