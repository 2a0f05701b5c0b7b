import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { TracingEnv } from '../config/tracing-env.js';
import { OtlpSpan } from './otlp-span.js';
import { QuietExporter } from './quiet-exporter.js';
import type { Attributes, SpanRole } from './recorded-span.js';
import { samplerOf } from './sampler.js';
import { callerOf } from './traceparent.js';

/** Milliseconds that one batch may take, and that the last ones may hold up a stop. */
const TIMEOUT_MS = 5_000;
const STOP_MS = 2_000;

/** Spans that wait to be sent, at most: what comes while a collector is away is then dropped. */
const QUEUE = 4_096;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** Traces that are sent to a collector. Nothing of it is global: two services in one process have each their own. */
export class OtlpTraces {
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;

  constructor(endpoint: string, env: TracingEnv, log: Pick<Logger, 'warn' | 'info'>) {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
      headers: Object.fromEntries(env.OTEL_EXPORTER_OTLP_HEADERS),
      timeoutMillis: TIMEOUT_MS,
    });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': env.OTEL_SERVICE_NAME }),
      sampler: samplerOf(env),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: new QuietExporter(exporter, log), maxQueueSize: QUEUE }),
      ],
    });
    this.tracer = this.provider.getTracer('nameplate');
  }

  begin(
    name: string,
    role: SpanRole,
    attributes: Attributes,
    { traceparent }: IncomingHttpHeaders,
    after: string | undefined,
  ): OtlpSpan {
    const caller = callerOf(traceparent);
    const before = callerOf(after);
    const above = caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
    const links = before ? [{ context: before }] : [];
    const options = { kind: KINDS[role], attributes, links };
    return new OtlpSpan(this.tracer, this.tracer.startSpan(name, options, above));
  }

  async close(): Promise<void> {
    await Promise.race([
      this.provider.shutdown().catch(() => undefined),
      sleep(STOP_MS, undefined, { ref: false }),
    ]);
  }
}
