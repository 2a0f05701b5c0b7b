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
} from 'class-validator';
import type { SelfServiceLevel } from './self-service-fields.js';
import {
  Default,
  Integer,
  IsHttpOrigin,
  IsHttpUrl,
  IsHttpUrlTemplate,
  IsPostgresUrl,
  IsSecretsKey,
  IsUrlForWriting,
  List,
  SelfServiceFields,
} from './env-rules.js';
import { type MetricsAccess, MetricsEnv } from './metrics-env.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

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

  /** Whose management tokens are accepted, where AUTH_ISSUER gives only those of users (Okta, Firebase). */
  @Default()
  @IsOptional()
  @IsHttpUrl()
  AUTH_MANAGEMENT_ISSUER?: string;

  /** Found by OpenID Connect Discovery when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrl()
  AUTH_MANAGEMENT_JWKS_URI?: string;

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
