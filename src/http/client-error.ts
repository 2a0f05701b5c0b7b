import type { FastifyBaseLogger } from 'fastify';
import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { problemHeaders, toProblem } from '../errors/problem.js';
import { closeLingering } from './lingering-close.js';

type ParserError = Error & { code?: string };

const MALFORMED = new AppError('request.malformed', 'The request is not valid HTTP.');
const ERRORS: Record<string, AppError> = {
  HPE_HEADER_OVERFLOW: new AppError(
    'request.header_fields_too_large',
    'The request headers are larger than 16 KiB.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: new AppError('request.timeout', 'The request took too long to arrive.'),
};

/** Milliseconds that the sender of such a request has to read the answer. */
const TIME_TO_READ_MS = 1_000;

/** What Node's HTTP parser refused never becomes a request: the answer goes to the bare socket. */
export function answerClientError(
  log: Pick<FastifyBaseLogger, 'info'>,
  { code = '' }: ParserError,
  socket: Socket,
): void {
  // Of what it could not parse, Node also reports every byte that still comes.
  if (socket.writableEnded) return;
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = ERRORS[code] ?? MALFORMED;
  const requestId = randomUUID();
  const body = JSON.stringify(toProblem(error, requestId));
  log.info({ requestId, status: error.status, refusal: code }, 'request');
  const headers = {
    ...problemHeaders(error, requestId),
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${head.join('')}\r\n${body}`,
  );
  closeLingering(socket, TIME_TO_READ_MS);
}
