import type { IncomingHttpHeaders } from 'node:http';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import type { TracingEnv } from '../config/tracing-env.js';
import { currentSpans } from './current-spans.js';
import type { OtlpTraces } from './otlp-traces.js';
import type { Attributes, SpanRole, TraceSpan } from './recorded-span.js';

/** The traces of one service. */
export class Tracing implements OnApplicationShutdown {
  private traces: OtlpTraces | undefined;

  /** Where they are off, the library is not even loaded. */
  static async create(env: TracingEnv, log: Pick<Logger, 'warn' | 'info'>): Promise<Tracing> {
    const tracing = new Tracing();
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = env;
    if (endpoint === undefined) return tracing;
    const { OtlpTraces } = await import('./otlp-traces.js');
    tracing.traces = new OtlpTraces(endpoint, env, log);
    return tracing;
  }

  get isOn(): boolean {
    return this.traces !== undefined;
  }

  /**
   * A span that no other one here is above of; undefined where traces are off.
   *
   * @param of headers of the caller, whose trace it then belongs to
   * @param after `traceparent` of what came before it, perhaps long ago: it has a link to that
   */
  begin(
    name: string,
    role: SpanRole,
    attributes: Attributes,
    of: IncomingHttpHeaders = {},
    after?: string,
  ): TraceSpan | undefined {
    return this.traces?.begin(name, role, attributes, of, after);
  }

  /** A span of what others are asked, below the request that it is done for, if any. */
  call(name: string, attributes: Attributes, after?: string): TraceSpan | undefined {
    const [above] = currentSpans();
    return above?.child(name, attributes, []) ?? this.begin(name, 'client', attributes, {}, after);
  }

  /** Sends what is left, if that does not take long. */
  async onApplicationShutdown(): Promise<void> {
    await this.traces?.close();
  }
}
