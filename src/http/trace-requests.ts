import type { FastifyInstance, FastifyRequest } from 'fastify';
import { forSpans } from '../tracing/current-spans.js';
import type { TraceSpan } from '../tracing/recorded-span.js';
import type { Tracing } from '../tracing/tracing.js';
import { isWatching } from './shedding.js';

const spans = new WeakMap<FastifyRequest, TraceSpan>();

/** The trace that a request belongs to, if any. */
export const traceIdOf = (request: FastifyRequest) => spans.get(request)?.traceId;
export const traceparentOf = (request: FastifyRequest) => spans.get(request)?.traceparent;

/**
 * Gives each request a span, from its head to the end of its answer (semantic conventions of HTTP). What the log
 * does not tell is not told here, either. Probes and scrapes have none.
 */
export function traceRequests(fastify: FastifyInstance, tracing: Tracing): void {
  if (!tracing.isOn) return;
  fastify.addHook('onRequest', (request, _reply, done) => {
    const span = isWatching(request.url) ? undefined : begin(tracing, request);
    if (span) spans.set(request, span);
    forSpans(span?.recorded ? [span.recorded] : [], done);
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const error = statusCode >= 500 ? String(statusCode) : undefined;
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, error);
    done();
  });
}

function begin(tracing: Tracing, request: FastifyRequest): TraceSpan | undefined {
  const { method, protocol, headers } = request;
  const { url: route } = request.routeOptions;
  return tracing.begin(
    route ? `${method} ${route}` : method,
    'server',
    {
      'http.request.method': method,
      'http.route': route,
      'url.scheme': protocol,
      // Of an unknown route, the path may be anything.
      'url.path': route && request.url.split('?', 1)[0],
      'nameplate.request_id': request.id,
    },
    headers,
  );
}
