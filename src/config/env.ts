import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import {
  Default,
  Integer,
  IsHttpOrigin,
  IsPostgresUrl,
  IsUrlForWriting,
  List,
} from './env-rules.js';
import { EventsEnv } from './events-env.js';
import type { MetricsAccess } from './metrics-env.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/**
 * Every setting of the service: those of the process here, the others, by what they are about, in the files that
 * it extends. `.env.example` documents them; a contract test compares the two.
 */
export class Env extends EventsEnv {
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

  /** Hours for which a request with an Idempotency-Key is not done again. */
  @Integer(24)
  @IsInt()
  @Min(1)
  @Max(8_760)
  IDEMPOTENCY_KEY_HOURS!: number;

  /** Whether this instance does what is not part of a request; `off` leaves it to others. */
  @Default('on')
  @IsIn(['on', 'off'])
  BACKGROUND_WORK!: 'on' | 'off';

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
