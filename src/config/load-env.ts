import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { validatedFields } from './validated-fields.js';
import { ConfigurationError } from './configuration-error.js';
import { Env } from './env.js';
import { tenancyFaults } from './tenancy-env.js';
import { unknownSettings } from './unknown-settings.js';

/** What stands in for a setting outside production only. */
const REQUIRED_IN_PRODUCTION = {
  DATABASE_URL: 'an embedded PostgreSQL',
  AUTH_ISSUER: 'a development issuer',
} as const;

/** @throws ConfigurationError with one line per bad setting */
export function parseEnv(variables: Record<string, string | undefined>): Env {
  const env = plainToInstance(Env, pick(variables));
  const reasons = validateSync(env).flatMap(
    ({ property, constraints }) => `${property}: ${reason(property, constraints)}`,
  );
  for (const [name, standIn] of Object.entries(REQUIRED_IN_PRODUCTION))
    if (env.isProduction && env[name as keyof typeof REQUIRED_IN_PRODUCTION] === undefined)
      reasons.push(`${name}: is required in production, where ${standIn} is refused`);
  if (env.AUTH_USER_AUDIENCE === env.AUTH_MANAGEMENT_AUDIENCE)
    reasons.push('AUTH_MANAGEMENT_AUDIENCE: must differ from AUTH_USER_AUDIENCE');
  if (env.AUTH_USER_CLIENTS.some((id) => env.AUTH_MANAGEMENT_CLIENTS.includes(id)))
    reasons.push('AUTH_MANAGEMENT_CLIENTS: must have no client of AUTH_USER_CLIENTS');
  if (env.METRICS_PORT === env.PORT)
    reasons.push('METRICS_PORT: must differ from PORT, on which METRICS_TOKEN alone serves them');
  reasons.push(...managementIssuerFaults(env));
  // What is wrong by itself says nothing of how it fits to the others.
  if (reasons.length === 0) reasons.push(...tenancyFaults(env));
  if (reasons.length > 0)
    throw new ConfigurationError([...reasons, ...misspelt(variables)].join('\n'));
  return env;
}

/** A second issuer stands beside the first, of the one tenant that there is. */
function managementIssuerFaults(env: Env): string[] {
  const { AUTH_ISSUER, AUTH_MANAGEMENT_ISSUER, AUTH_MANAGEMENT_JWKS_URI, TENANT_HOSTS } = env;
  if (!AUTH_MANAGEMENT_ISSUER)
    return AUTH_MANAGEMENT_JWKS_URI
      ? ['AUTH_MANAGEMENT_JWKS_URI: needs AUTH_MANAGEMENT_ISSUER']
      : [];
  return [
    ...(AUTH_ISSUER ? [] : ['AUTH_MANAGEMENT_ISSUER: needs AUTH_ISSUER']),
    ...(TENANT_HOSTS.length > 0
      ? ['AUTH_MANAGEMENT_ISSUER: would be that of every tenant; leave it out with TENANT_HOSTS']
      : []),
  ];
}

/** The only reader of `process.env`; a `.env` file fills in what the environment leaves out. */
function read(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new ConfigurationError(`.env: cannot be read (${code})`);
  }
  return process.env;
}

/**
 * @param known what stands in for what is not set
 * @throws ConfigurationError with one line per bad setting
 */
export const loadEnv = (known: { PORT?: string } = {}) => parseEnv({ ...known, ...read() });

/** What the migration command needs, and nothing else. @throws ConfigurationError */
export function loadDatabaseEnv(): Env {
  const { DATABASE_URL } = read();
  if (DATABASE_URL) return parseEnv({ DATABASE_URL });
  const reason =
    'DATABASE_URL: must be set for migrations; npm start migrates its embedded database itself';
  throw new ConfigurationError([reason, ...misspelt()].join('\n'));
}

/** For what must be refused in production before the settings are looked at. */
export const isProduction = () => process.env['NODE_ENV'] === 'production';

/** Every setting's name. */
export const ENV_NAMES = validatedFields(Env);

/** Of the environment: a line for each name that looks like a setting and is none. It may be somebody else's. */
export const misspelt = (variables: object = process.env) =>
  unknownSettings(Object.keys(variables), ENV_NAMES);

/** class-transformer skips keys that are not there, so an unset one is passed as ''. */
function pick(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(ENV_NAMES.map((name) => [name, variables[name] ?? '']));
}

function reason(property: string, constraints: Record<string, string> = {}): string {
  const message = constraints['isInt'] ?? Object.values(constraints)[0] ?? 'is invalid';
  return message.replace(`each value in ${property} `, 'each entry ').replace(`${property} `, '');
}
