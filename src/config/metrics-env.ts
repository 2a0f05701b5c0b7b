import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { Default, Integer, IsScrapeToken } from './env-rules.js';
import { TracingEnv } from './tracing-env.js';

/** Who may read the metrics, and where. */
export type MetricsAccess = 'off' | 'open' | 'own port' | 'token';

/** The settings of metrics. */
export class MetricsEnv extends TracingEnv {
  /** A port for nothing but `/metrics`. */
  @Integer()
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65_535)
  METRICS_PORT?: number;

  /** What who reads them has to show; without a port of their own, they are on that of the service. */
  @Default()
  @IsOptional()
  @IsScrapeToken()
  METRICS_TOKEN?: string;
}
