import type { FastifyBaseLogger } from 'fastify';
import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { problemHeaders, toProblem } from './problem.js';
import { closeLingering } from './lingering-close.js';
import { pendingAnswers, unfinishedRequest } from './pending-answers.js';
import { requestFault } from './request-faults.js';

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
  if (code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else void refuse(log, ERRORS[code] ?? MALFORMED, socket, code);
}

/** CONNECT asks for a tunnel, which no path has (RFC 9110, section 9.3.6). */
export function answerConnect(log: Log, request: IncomingMessage, socket: Socket): void {
  // Node has taken its listeners from the socket: a reset would end the process, and who waits until
  // an answer can go on would wait for ever.
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => pendingAnswers(socket)[0]?.emit('drain'));
  void refuse(log, requestFault(request) ?? NO_TUNNEL, socket, 'CONNECT');
}

/** Ends a connection: what came before is still answered, and nothing that comes after is looked at. */
async function refuse(log: Log, error: AppError, socket: Socket, refusal: string): Promise<void> {
  ignoreRest(socket);
  // What Node calls after an answer that ends the connection.
  socket.destroySoon = () => closeLingering(socket, TIME_TO_READ_MS);
  const pending = pendingAnswers(socket);
  const unfinished = unfinishedRequest(socket);
  if (unfinished) {
    endBody(unfinished, error);
    for (const answer of pending.slice(-1))
      if (!answer.headersSent) answer.setHeader('Connection', 'close');
  }
  await Promise.all(pending.map((answer) => new Promise((done) => answer.once('close', done))));
  if (!socket.writable) return;
  // What is wrong with a body is part of the answer to its own request.
  if (!unfinished) socket.write(bareAnswer(log, error, refusal));
  closeLingering(socket, TIME_TO_READ_MS);
}

/** Takes the socket from Node's parser, if that still has it, and throws away what comes. */
function ignoreRest(socket: Socket): void {
  socket.on('data', () => undefined).removeAllListeners('data');
  socket.resume();
}

/** Fails whoever reads the body, or will, with this error; the connection stays for the answer. */
function endBody(request: IncomingMessage, error: AppError): void {
  request._destroy = (_error, done) => done(null);
  request.destroy(error);
}

function bareAnswer(log: Log, error: AppError, refusal: string): string {
  const requestId = randomUUID();
  const body = JSON.stringify(toProblem(error, requestId));
  log.info({ requestId, status: error.status, refusal }, 'request');
  const headers = {
    ...problemHeaders(error, requestId),
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${head.join('')}\r\n${body}`;
}
