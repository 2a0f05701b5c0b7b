import {
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Attributes, RecordedSpan } from './recorded-span.js';

/** A span of the library. */
export class OtlpSpan implements RecordedSpan {
  readonly traceId: string;
  readonly traceparent: string;
  hasEnded = false;

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
  ) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  get recorded(): RecordedSpan | undefined {
    return this.span.isRecording() ? this : undefined;
  }

  child(name: string, attributes: Attributes, others: readonly RecordedSpan[]): OtlpSpan {
    const links = others
      .filter((other) => other instanceof OtlpSpan)
      .map((other) => ({ context: other.span.spanContext() }));
    const above = trace.setSpan(ROOT_CONTEXT, this.span);
    const options = { kind: SpanKind.CLIENT, attributes, links };
    return new OtlpSpan(this.tracer, this.tracer.startSpan(name, options, above));
  }

  end(attributes: Attributes = {}, error?: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.span.setAttributes(
      error === undefined ? attributes : { ...attributes, 'error.type': error },
    );
    if (error !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}
