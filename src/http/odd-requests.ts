import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { mediaType } from './json-body.js';

/**
 * Lets the service answer what Node's server would refuse by itself, without a problem: a request
 * without Host, and one that expects what nobody knows (RFC 9110, sections 7.2 and 10.1.1).
 */
export function answerOddRequests(fastify: FastifyInstance): void {
  const { server } = fastify;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  fastify.addHook('onRequest', (request, _reply, done) => {
    // Fastify would refuse it before anybody has looked at the token.
    const type = request.headers['content-type'];
    if (type !== undefined && !mediaType(type))
      request.raw.headers['content-type'] = 'application/octet-stream';
    done(hostFault(request) ?? expectationFault(request));
  });
}

function hostFault({ raw }: FastifyRequest): AppError | undefined {
  if (raw.httpVersion !== '1.1' || raw.headers.host !== undefined) return undefined;
  return new AppError('request.malformed', 'A request of HTTP/1.1 must have a Host header.');
}

function expectationFault({ headers: { expect } }: FastifyRequest): AppError | undefined {
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return new AppError(
    'request.expectation_failed',
    'The service meets no Expect but 100-continue.',
  );
}
