import 'reflect-metadata';
import type { Socket } from 'node:net';
import cors from '@fastify/cors';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { DestinationStream } from 'pino';
import { AppModule } from './app.module.js';
import type { Env } from './config/env.js';
import { sendProblem } from './http/error.filter.js';
import { toAppError } from './http/to-app-error.js';
import { recordRoutes } from './http/allowed-methods.js';
import { Cors } from './http/cors.js';
import { serveMetrics } from './http/metrics-route.js';
import { answerOddRequests } from './http/odd-requests.js';
import { answerClientError, answerConnect } from './http/client-error.js';
import { closeGracefully } from './http/graceful-close.js';
import { discardRests } from './http/lingering-close.js';
import { trackAnswers } from './http/pending-answers.js';
import { requestId } from './http/request-id.js';
import { setSecurityHeaders } from './http/security-headers.js';
import { shedLoad } from './http/shedding.js';
import { traceIdOf, traceRequests } from './http/trace-requests.js';
import { boundUnread } from './http/unread-answers.js';
import { sendVersions } from './http/versioned.js';
import { FailedTokensGuard } from './limits/failed-tokens.guard.js';
import { freeSlotsOfAnswered } from './limits/held-slots.js';
import { PublicLimit } from './limits/public-limit.js';
import { FairShareGuard } from './limits/fair-share.guard.js';
import { Limits } from './limits/limits.js';
import { createLogger, logRequest, nestLogger } from './logging/logger.js';
import { Metrics } from './metrics/metrics.js';
import { setUpSwaggerUi } from './openapi/swagger-ui.js';
import { Tracing } from './tracing/tracing.js';

export interface AppOptions {
  /** Modules that only development has. */
  imports?: (Type | DynamicModule)[];
  /** Where Swagger UI finds tokens to fill in. */
  tokensUrl?: string;
  /** Where the log goes instead of standard output. */
  logTo?: DestinationStream;
}

/** The whole service, ready to listen. */
export async function createApp(
  env: Env,
  options: AppOptions = {},
): Promise<NestFastifyApplication> {
  const logger = createLogger(env, options.logTo);
  const metrics = await Metrics.create(env);
  const tracing = await Tracing.create(env, logger);
  const origins = new Cors(env.CORS_ORIGINS);
  const answered = (request: FastifyRequest, reply: FastifyReply) => {
    const { url } = request.routeOptions;
    logRequest(request, reply, url, traceIdOf(request));
    metrics.answered(request.method, url, reply.statusCode, reply.elapsedTime);
  };
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    genReqId: requestId,
    trustProxy: env.TRUSTED_PROXIES,
    // The router sends what has no path past the hooks.
    rewriteUrl: ({ url = '/' }) => (url === '*' ? '/*' : url),
    requestTimeout: 30_000,
    // On which nothing moves: twice as long as a long poll waits. Else who reads no answer keeps it for ever.
    connectionTimeout: 60_000,
    // During shutdown, requests on open connections are still served, not answered 503.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4096 },
    clientErrorHandler: (error: Error, socket: Socket) => answerClientError(logger, error, socket),
    // Node looks for requests that take too long only this often.
    // And the longer one of two times counts for the whole request: that of its head is 60 s by default.
    http: {
      ...{ connectionsCheckingInterval: 5_000, headersTimeout: 30_000 },
      requireHostHeader: false,
    },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      origins.setHeaders(request, reply);
      const problem = toAppError(error);
      // No hook sees it.
      void app
        .get(PublicLimit)
        .count(request, problem.status)
        .then(() => {
          sendProblem(reply, problem, request.id);
          answered(request, reply);
        });
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(env, metrics, tracing, options.imports),
    adapter,
    { bodyParser: false, abortOnError: false, logger: false },
  );
  app.useLogger(nestLogger(logger));
  const fastify = app.getHttpAdapter().getInstance();
  recordRoutes(fastify);
  trackAnswers(fastify.server);
  // A client that has sent all and closed its side still gets its answers.
  Object.assign(fastify.server, { httpAllowHalfOpen: true });
  closeGracefully(fastify);
  discardRests(fastify.server);
  traceRequests(fastify, tracing);
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
  });
  fastify.addHook('onResponse', async (request, reply) => answered(request, reply));
  // The body stays a stream until the guards let the request through.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  setSecurityHeaders(fastify);
  sendVersions(fastify);
  if (origins.isOn) await app.register(cors, origins.options());
  // With the headers that browsers ask for.
  shedLoad(fastify, metrics);
  answerOddRequests(fastify);
  fastify.server.on('connect', (request, socket: Socket) => answerConnect(logger, request, socket));
  const limits = app.get(Limits);
  freeSlotsOfAnswered(fastify, limits.slots);
  boundUnread(fastify, (request) => limits.nameOf(request));
  app.get(FailedTokensGuard).countFailures(fastify);
  app.get(PublicLimit).watch(fastify);
  app.get(FairShareGuard).watch(fastify);
  serveMetrics(fastify, metrics, env);
  setUpSwaggerUi(app, env, options.tokensUrl);
  await app.init();
  return app;
}
