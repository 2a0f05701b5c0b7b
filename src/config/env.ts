import { plainToInstance } from 'class-transformer';
import {
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  Min,
  validateSync,
} from 'class-validator';
import { validatedFields } from '../validation/validated-fields.js';
import type { SelfServiceLevel } from './self-service-fields.js';
import {
  Default,
  Integer,
  IsHttpOrigin,
  IsHttpUrlTemplate,
  IsPostgresUrl,
  IsSecretsKey,
  IsUrlForWriting,
  List,
  SelfServiceFields,
} from './env-rules.js';
import { type MetricsAccess, MetricsEnv } from './metrics-env.js';
import { tenancyFaults } from './tenancy-env.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What stands in for a setting outside production only. */
const REQUIRED_IN_PRODUCTION = {
  DATABASE_URL: 'an embedded PostgreSQL',
  AUTH_ISSUER: 'a development issuer',
} as const;

/** Every setting of the service. `.env.example` documents them; a contract test compares the two. */
export class Env extends MetricsEnv {
  @Default('development')
  @IsIn(['development', 'test', 'production'])
  NODE_ENV!: string;

  @Integer(3000)
  @IsInt()
  @Min(1)
  @Max(65_535)
  PORT!: number;

  /** Loopback in development, every interface in production, unless set. */
  @Default()
  @IsOptional()
  @IsString()
  HOST?: string;

  /** One host or several. Outside production an embedded PostgreSQL takes its place when it is not set. */
  @Default()
  @IsOptional()
  @IsUrlForWriting()
  @IsPostgresUrl()
  DATABASE_URL?: string;

  @Integer(20)
  @IsInt()
  @Min(1)
  @Max(1000)
  DATABASE_POOL_SIZE!: number;

  /** Outside production a development issuer takes its place when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrlTemplate()
  AUTH_ISSUER?: string;

  /** Found by OpenID Connect Discovery when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrlTemplate()
  AUTH_JWKS_URI?: string;

  @Default('urn:nameplate:profile')
  @IsNotEmpty()
  AUTH_USER_AUDIENCE!: string;

  @Default('urn:nameplate:management')
  @IsNotEmpty()
  AUTH_MANAGEMENT_AUDIENCE!: string;

  /** Cut off from scopes that begin with it (Amazon Cognito: `resource-server/`). */
  @Default('')
  @IsString()
  AUTH_SCOPE_PREFIX!: string;

  /** The clients whose access tokens without `aud` are user tokens (Amazon Cognito). */
  @List()
  @IsArray()
  AUTH_USER_CLIENTS!: string[];

  /** The clients whose access tokens without `aud` are management tokens. */
  @List()
  @IsArray()
  AUTH_MANAGEMENT_CLIENTS!: string[];

  /** The scopes of user tokens that have no claim of scopes at all (Firebase, Supabase, Clerk). */
  @List()
  @IsArray()
  AUTH_USER_DEFAULT_SCOPES!: string[];

  @Default('info')
  @IsIn(LOG_LEVELS)
  LOG_LEVEL!: (typeof LOG_LEVELS)[number];

  /** Bytes. */
  @Integer(1_048_576)
  @IsInt()
  @Min(1024)
  @Max(104_857_600)
  BODY_LIMIT_BYTES!: number;

  /** Bytes of the serialised JSON. */
  @Integer(65_536)
  @IsInt()
  @Min(2)
  @Max(1_048_576)
  CUSTOM_DATA_MAX_BYTES!: number;

  /** Browser origins that may call the API; none by default. */
  @List()
  @IsHttpOrigin({ each: true })
  CORS_ORIGINS!: string[];

  /** Levels of the fields that self-service shows or changes. */
  @SelfServiceFields()
  @IsDefined({ message: 'must list fields as name:edit, avatar:read-only or customData:off' })
  SELF_SERVICE_FIELDS!: Map<string, SelfServiceLevel>;

  /** `client_id` or `azp` of the clients that may use self-service; any by default. */
  @List()
  @IsArray()
  SELF_SERVICE_CLIENTS!: string[];

  /** Whether the first self-service call of an unknown `sub` makes the user. */
  @Default('off')
  @IsIn(['on', 'off'])
  SELF_SERVICE_PROVISIONING!: 'on' | 'off';

  /** Addresses that provisioning takes for verified when the token has no such claim at all. */
  @List()
  @IsIn(['email', 'phone_number'], { each: true })
  SELF_SERVICE_ASSUME_VERIFIED!: string[];

  /** User names that users cannot take themselves, in any case. */
  @List()
  @IsArray()
  RESERVED_USERNAMES!: string[];

  /** Whether events keep the old and the new values, or only where something changed. */
  @Default('on')
  @IsIn(['on', 'off'])
  EVENTS_INCLUDE_VALUES!: 'on' | 'off';

  /** Days that events are kept; 0 = for ever. */
  @Integer(0)
  @IsInt()
  @Max(36_500)
  EVENTS_RETENTION_DAYS!: number;

  /** Days that the log of deliveries keeps what was delivered, and dead letters. */
  @Integer(30)
  @IsInt()
  @Min(1)
  @Max(3_650)
  DELIVERIES_RETENTION_DAYS!: number;

  /** Hours for which a request with an Idempotency-Key is not done again. */
  @Integer(24)
  @IsInt()
  @Min(1)
  @Max(8_760)
  IDEMPOTENCY_KEY_HOURS!: number;

  /** Seals what hooks keep (32 bytes in base64): the first one seals, each one opens. */
  @List()
  @IsSecretsKey({ each: true })
  SECRETS_KEY!: string[];

  /** Whether this instance does what is not part of a request; `off` leaves it to others. */
  @Default('on')
  @IsIn(['on', 'off'])
  BACKGROUND_WORK!: 'on' | 'off';

  /** Seconds that one delivery may take in all. */
  @Integer(10)
  @IsInt()
  @Min(1)
  @Max(60)
  HOOKS_TIMEOUT_SECONDS!: number;

  /** Attempts after which a delivery is a dead letter. */
  @Integer(12)
  @IsInt()
  @Min(1)
  @Max(100)
  HOOKS_MAX_ATTEMPTS!: number;

  /** Seconds before the second attempt; doubled before each further one. */
  @Integer(5)
  @IsInt()
  @Min(0)
  @Max(3600)
  HOOKS_RETRY_DELAY_SECONDS!: number;

  /** Whether hooks may lead to addresses that are not public; for development. */
  @Default('off')
  @IsIn(['on', 'off'])
  HOOKS_ALLOW_PRIVATE_TARGETS!: 'on' | 'off';

  get isProduction(): boolean {
    return this.NODE_ENV === 'production';
  }

  get host(): string {
    return this.HOST ?? (this.isProduction ? '0.0.0.0' : '127.0.0.1');
  }

  /** Nothing set, they are for who develops, and in production for nobody. */
  get metricsAccess(): MetricsAccess {
    if (this.METRICS_PORT !== undefined) return 'own port';
    if (this.METRICS_TOKEN !== undefined) return 'token';
    return this.isProduction ? 'off' : 'open';
  }
}

/** A setting is missing or wrong. The message names it and the reason, never its value. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

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
  // What is wrong by itself says nothing of how it fits to the others.
  if (reasons.length === 0) reasons.push(...tenancyFaults(env));
  if (reasons.length > 0) throw new ConfigurationError(reasons.join('\n'));
  return env;
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

/** @throws ConfigurationError with one line per bad setting */
export const loadEnv = () => parseEnv(read());

/** What the migration command needs, and nothing else. @throws ConfigurationError */
export function loadDatabaseEnv(): Env {
  const { DATABASE_URL } = read();
  if (DATABASE_URL) return parseEnv({ DATABASE_URL });
  throw new ConfigurationError(
    'DATABASE_URL: must be set for migrations; npm start migrates its embedded database itself',
  );
}

/** For what must be refused in production before the settings are looked at. */
export const isProduction = () => process.env['NODE_ENV'] === 'production';

/** Every setting's name. */
export const ENV_NAMES = validatedFields(Env);

/** class-transformer skips keys that are not there, so an unset one is passed as ''. */
function pick(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(ENV_NAMES.map((name) => [name, variables[name] ?? '']));
}

function reason(property: string, constraints: Record<string, string> = {}): string {
  const message = constraints['isInt'] ?? Object.values(constraints)[0] ?? 'is invalid';
  return message.replace(`each value in ${property} `, 'each entry ').replace(`${property} `, '');
}
