import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { knownMethods } from './allowed-methods.js';
import { mediaType } from './json-body.js';
import { requestFault } from './request-faults.js';

/** Lets the service answer what Node's server would refuse by itself, without a problem. */
export function answerOddRequests(fastify: FastifyInstance): void {
  const { server } = fastify;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('checkContinue', (request, response) => {
    expecting.set(request, response);
    server.emit('request', request, response);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    // Fastify would refuse it, or a QUERY without, before anybody has looked at the token or the route.
    const type = request.headers['content-type'];
    if (type === undefined ? request.is404 : !mediaType(type))
      request.raw.headers['content-type'] = 'application/octet-stream';
    const fault = requestFault(request.raw);
    if (!fault && request.method === 'OPTIONS' && request.originalUrl === '*')
      void reply
        .status(204)
        .header('Allow', [...knownMethods(fastify), 'OPTIONS'].sort().join(', '))
        .send();
    else done(fault);
  });
}

const expecting = new WeakMap<IncomingMessage, ServerResponse>();

/** Tells who waits for it that the body is wanted (RFC 9110, section 10.1.1). */
export function askForBody({ raw }: FastifyRequest): void {
  expecting.get(raw)?.writeContinue();
}
