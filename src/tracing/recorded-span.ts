/** What a span tells, by the names of OpenTelemetry's semantic conventions. */
export type Attributes = Record<string, string | number | undefined>;

/** As OpenTelemetry has them. */
export type SpanRole = 'server' | 'client';

/** A part of a trace. One that is not sampled tells nothing, and still names its trace to others. */
export interface TraceSpan {
  readonly traceId: string;
  /** `traceparent` of what is done for it elsewhere (W3C Trace Context). */
  readonly traceparent: string;
  /** Undefined where it is not sampled. */
  readonly recorded: RecordedSpan | undefined;
  /** @param error what kind of failure it was: a message may hold what users sent */
  end(attributes?: Attributes, error?: string): void;
}

/** One that is sampled. */
export interface RecordedSpan extends TraceSpan {
  readonly hasEnded: boolean;
  /** @param others for which it is done, too, perhaps of other traces: it has links to them */
  child(name: string, attributes: Attributes, others: readonly RecordedSpan[]): TraceSpan;
}
