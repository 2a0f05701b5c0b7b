import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

/** SQLSTATE classes and codes that say «not now», not «not so» (PostgreSQL, appendix A). */
const SQLSTATES = /^(08...|53[0-9]..|57P0[1235]|57014|55P03|25006|40001|40P01)$/;
const SYSTEM_ERRORS =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ETIMEDOUT|EAI_AGAIN)$/;
/** node-postgres gives these no code. */
const MESSAGES =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|the database system is)/;

/** What TypeORM says of a connection that was lost in the middle of a transaction. */
const RELEASED = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

/** Whether an error means that the database cannot be reached or takes no more work just now. */
export function databaseUnavailable(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (RELEASED.some((kind) => thrown instanceof kind)) return true;
  const { code, severity } = thrown as { code?: unknown; severity?: unknown };
  // FATAL ends the session: the connection was refused or cut, whatever the code.
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  if (typeof code === 'string' && (SQLSTATES.test(code) || SYSTEM_ERRORS.test(code))) return true;
  if (MESSAGES.test(thrown.message)) return true;
  const { driverError } = thrown as { driverError?: unknown };
  if (thrown instanceof AggregateError) return thrown.errors.some(databaseUnavailable);
  return driverError !== undefined && driverError !== thrown && databaseUnavailable(driverError);
}

/** Whether the connection goes on after this: the database has answered, or was not asked. */
export function isAnswered(thrown: unknown): boolean {
  return (thrown as { severity?: unknown }).severity === 'ERROR' || !databaseUnavailable(thrown);
}
