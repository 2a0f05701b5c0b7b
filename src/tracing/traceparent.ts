import type { SpanContext } from '@opentelemetry/api';

/** Of version 00; a later one may have more behind it (W3C Trace Context, section 3.2). */
const TRACEPARENT =
  /^(?!ff)(?<version>[\da-f]{2})-(?!0{32})(?<trace>[\da-f]{32})-(?!0{16})(?<span>[\da-f]{16})-(?<flags>[\da-f]{2})(?<more>-.*)?$/;

const SAMPLED = 1;

/** The span of a caller; undefined where there is none, or what it says is not valid. */
export function callerOf(traceparent: unknown): SpanContext | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const { version, trace, span, flags, more } = TRACEPARENT.exec(traceparent)?.groups ?? {};
  if (!trace || !span || (version === '00' && more)) return undefined;
  return {
    traceId: trace,
    spanId: span,
    traceFlags: Number.parseInt(flags ?? '', 16) & SAMPLED,
    isRemote: true,
  };
}
