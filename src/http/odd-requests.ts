import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { knownMethods } from './allowed-methods.js';
import { mediaType } from './json-body.js';

/**
 * Lets the service answer what Node's server would refuse by itself, without a problem: a request
 * whose Host is none, and one that expects what nobody knows (RFC 9110, sections 7.2 and 10.1.1).
 */
export function answerOddRequests(fastify: FastifyInstance): void {
  const { server } = fastify;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('checkContinue', (request, response) => {
    expecting.set(request, response);
    server.emit('request', request, response);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    // Fastify would refuse it before anybody has looked at the token.
    const type = request.headers['content-type'];
    if (type !== undefined && !mediaType(type))
      request.raw.headers['content-type'] = 'application/octet-stream';
    const fault = hostFault(request) ?? expectationFault(request);
    if (!fault && request.method === 'OPTIONS' && request.originalUrl === '*')
      void reply.status(204).header('Allow', knownMethods(fastify).join(', ')).send();
    else done(fault);
  });
}

const expecting = new WeakMap<IncomingMessage, ServerResponse>();

/** Tells who waits for it that the body is wanted (RFC 9110, section 10.1.1). */
export function askForBody({ raw }: FastifyRequest): void {
  expecting.get(raw)?.writeContinue();
}

/** `uri-host [":" port]` (RFC 9110, section 7.2; RFC 3986, section 3.2.2), but of no empty host. */
const HOST = /^(\[[\da-f:.]+\]|([\w.~!$&'()*+,;=-]|%[\da-f]{2})+)(:\d{0,5})?$/i;

/** One Host that is a host, or in HTTP/1.0 none (RFC 9112, section 3.2). */
function hostFault({ raw }: FastifyRequest): AppError | undefined {
  const hosts = raw.rawHeaders.filter((name, at) => at % 2 === 0 && /^host$/i.test(name)).length;
  if (hosts === 0 && raw.httpVersion === '1.0') return undefined;
  if (hosts === 1 && HOST.test(raw.headers.host ?? '')) return undefined;
  return new AppError('request.malformed', 'A request must have one Host header with a host.');
}

function expectationFault({ headers: { expect } }: FastifyRequest): AppError | undefined {
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return new AppError(
    'request.expectation_failed',
    'The service meets no Expect but 100-continue.',
  );
}
