import type { FastifyBaseLogger } from 'fastify';
import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { problemHeaders, toProblem } from '../errors/problem.js';
import { closeLingering } from './lingering-close.js';

type Log = Pick<FastifyBaseLogger, 'info'>;
type ParserError = Error & { code?: string };

const MALFORMED = new AppError('request.malformed', 'The request is not valid HTTP.');
const NO_TUNNEL = new AppError('request.method_not_allowed', 'The service is no proxy.', {
  headers: { Allow: '' },
});
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
export function answerClientError(log: Log, { code = '' }: ParserError, socket: Socket): void {
  // Of what it could not parse, Node also reports every byte that still comes.
  if (socket.writableEnded) return;
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  answerOnSocket(log, ERRORS[code] ?? MALFORMED, socket, code);
}

/** CONNECT asks for a tunnel, which no path has (RFC 9110, section 9.3.6). */
export function answerConnect(log: Log, socket: Socket): void {
  // Node has taken its listeners from the socket; a reset would end the process.
  socket.on('error', () => socket.destroy()).resume();
  answerOnSocket(log, NO_TUNNEL, socket, 'CONNECT');
}

function answerOnSocket(log: Log, error: AppError, socket: Socket, refusal: string): void {
  const requestId = randomUUID();
  const body = JSON.stringify(toProblem(error, requestId));
  log.info({ requestId, status: error.status, refusal }, 'request');
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
