import type { LoggerService } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Env } from '../config/env.js';

/** Bytes of lines that are written at once, and milliseconds that they wait for others at most. */
const TOGETHER = { minLength: 4_096, periodicFlush: 100 };

/** One JSON line per event, on standard output unless a test asks for another destination. */
export function createLogger(
  { LOG_LEVEL }: Pick<Env, 'LOG_LEVEL'>,
  to: DestinationStream = pino.destination({ ...TOGETHER, sync: false }),
): Logger {
  return pino({ level: LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime }, to);
}

/** Nest's own messages, in the same log; what it tells about its start is for debugging. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) =>
      typeof message === 'string'
        ? logger[level]({ context: rest.at(-1) }, message)
        : logger[level]({ context: rest.at(-1), ...(message as object) });
  return { log: at('debug'), warn: at('warn'), error: at('error') };
}

/** Asked for again and again, or many at once by a browser: of interest when they fail. */
const QUIET = /^\/(health|metrics|docs|development-issuer)(\/|$)/;

/**
 * One line per request. It names ids only: never the query string, a header, the body, or anything
 * of the user but the id.
 *
 * @param route the template, or undefined where there is none
 * @param traceId of its trace, where it has one
 */
export function logRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  route: string | undefined,
  traceId: string | undefined,
): void {
  const { principal } = request;
  const isQuiet = QUIET.test(route ?? '') && reply.statusCode < 400;
  request.log[isQuiet ? 'debug' : 'info'](
    {
      method: request.method,
      // Of an unknown route, the path may be anything.
      path: route && request.url.split('?', 1)[0],
      route,
      status: reply.statusCode,
      traceId,
      refusal: request.refusal,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(principal && {
        token: principal.kind,
        subject: principal.subject,
        clientId: principal.clientId,
      }),
    },
    'request',
  );
}
