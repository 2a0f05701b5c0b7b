import type { FastifyBaseLogger } from 'fastify';
import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { PROBLEM_JSON, toProblem } from '../errors/problem.js';

type ParserError = Error & { code?: string };

const MALFORMED = new AppError('request.malformed', 'The request is not valid HTTP.');
const ERRORS: Record<string, AppError> = {
  HPE_HEADER_OVERFLOW: new AppError(
    'request.header_fields_too_large',
    'The request headers are larger than 16 KiB.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: new AppError('request.timeout', 'The request took too long to arrive.'),
};

/** What Node's HTTP parser refused never becomes a request: the answer goes to the bare socket. */
export function answerClientError(
  log: Pick<FastifyBaseLogger, 'info'>,
  { code = '' }: ParserError,
  socket: Socket,
): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = ERRORS[code] ?? MALFORMED;
  const requestId = randomUUID();
  const body = JSON.stringify(toProblem(error, requestId));
  log.info({ requestId, status: error.status, refusal: code }, 'request');
  socket.end(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n` +
      `Content-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  );
}
