import type { FastifyInstance } from 'fastify';
import { unauthorized } from './bearer-token.js';
import type { Env } from '../config/env.js';
import { sendProblem } from './error.filter.js';
import { mayScrape } from '../metrics/answer-scrape.js';
import { METRICS_PATH, METRICS_TYPE, type Metrics } from '../metrics/metrics.js';
import { countPending } from './pending-answers.js';

/** `/metrics` on the port of the service, where it is to be there. It is no part of the API. */
export function serveMetrics(fastify: FastifyInstance, metrics: Metrics, env: Env): void {
  metrics.watch('http_server_active_requests', () => [[countPending(fastify.server)]]);
  if (env.metricsAccess !== 'open' && env.metricsAccess !== 'token') return;
  fastify.get(METRICS_PATH, async (request, reply) => {
    if (mayScrape(env.METRICS_TOKEN, request.headers.authorization))
      return reply.type(METRICS_TYPE).send(await metrics.text());
    sendProblem(reply, unauthorized('auth.unauthorized', 'Metrics need their token.'), request.id);
    return reply;
  });
}
