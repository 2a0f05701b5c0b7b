import { ConfigurationError } from './config/configuration-error.js';
import { ListenError } from './config/listen-error.js';
import { databaseUnavailable } from './database/database-unavailable.js';

/** SQLSTATE (PostgreSQL, appendix A) or system error → why there is no database to work with. */
const REASONS: Record<string, string> = {
  ENOTFOUND: 'the name of its host is unknown',
  EAI_AGAIN: 'the name of its host cannot be looked up now',
  '28000': 'this user may not log in there',
  '28P01': 'the user or the password is wrong',
  '3D000': 'there is no such database',
  '25006': 'the database is read-only',
  '53300': 'the database has no connection left',
};

/** Ends the process, with one line that names the setting and the reason, never a value. */
export function fail(error: unknown): never {
  console.error(explain(error));
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof ListenError) return explainListen(error.port, error.cause as Cause);
  // A host with several addresses has an error for each.
  const one = (error instanceof AggregateError ? error.errors[0] : error) as Cause;
  const { code = '', message, path } = one;
  if (databaseUnavailable(error))
    return `DATABASE_URL: ${REASONS[code] ?? 'the database there is not available'} (${code || message}).`;
  if (path)
    return (
      `${path} cannot be written (${code}). What stands in for DATABASE_URL and AUTH_ISSUER is kept ` +
      'there: make it writable, or set them.'
    );
  return `nameplate failed: ${message}`;
}

type Cause = NodeJS.ErrnoException & { port?: number };

function explainListen(setting: string, { code, port }: Cause): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another process. Set ${setting} to another.`;
  if (code === 'EACCES') return `${setting}: this process may not listen there (${code}).`;
  return `HOST: this machine cannot listen there (${code}).`;
}
