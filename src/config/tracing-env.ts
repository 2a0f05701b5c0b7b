import { IsIn, IsNumber, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Default, Fraction, IsHttpUrl, KeyValues } from './env-rules.js';
import { LimitsEnv } from './limits-env.js';

/** As the specification of OpenTelemetry names them. */
const SAMPLERS = [
  ...['always_on', 'always_off', 'traceidratio'],
  ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
];

/** The settings of traces, by the names that OpenTelemetry gives them. */
export class TracingEnv extends LimitsEnv {
  /** Where a collector takes OTLP over HTTP. Not set, nothing is traced. */
  @Default()
  @IsOptional()
  @IsHttpUrl()
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  /** What the collector wants to be sent with them, such as a key. */
  @KeyValues()
  @IsString({ each: true, message: 'each entry must be name=value' })
  OTEL_EXPORTER_OTLP_HEADERS!: Map<string, string>;

  @Default('nameplate')
  @IsString()
  @MaxLength(255)
  OTEL_SERVICE_NAME!: string;

  /** Which traces are kept. */
  @Default('parentbased_always_on')
  @IsIn(SAMPLERS)
  OTEL_TRACES_SAMPLER!: string;

  /** Of `traceidratio`: how many of them. */
  @Fraction(1)
  @IsNumber()
  @Min(0)
  @Max(1)
  OTEL_TRACES_SAMPLER_ARG!: number;
}
