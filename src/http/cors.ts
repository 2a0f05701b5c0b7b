import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyReply, FastifyRequest } from 'fastify';

const EXPOSED = [
  ...['ETag', 'Idempotency-Replayed', 'Last-Sequence', 'Link', 'Location'],
  ...['RateLimit', 'RateLimit-Policy', 'Retry-After'],
  ...['Total-Number', 'Total-Number-Is-Estimate', 'WWW-Authenticate', 'X-Request-Id'],
];

/** `https://*.example.com` is every subdomain, of any depth, and not the domain itself. */
const toPattern = (origin: string) =>
  new RegExp(`^${origin.replace(/[.\\]/g, '\\$&').replace('*', '[a-z0-9-]+(\\.[a-z0-9-]+)*')}$`);

/** What origins may read, on every answer. The patterns are made once. */
export class Cors {
  private readonly patterns: RegExp[];

  constructor(origins: readonly string[]) {
    this.patterns = origins.map(toPattern);
  }

  get isOn(): boolean {
    return this.patterns.length > 0;
  }

  /** For @fastify/cors. An OPTIONS that is no preflight (Fetch, 4.8) is a request like any other. */
  options() {
    const options: FastifyCorsOptions = {
      origin: this.patterns,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: EXPOSED,
      maxAge: 600,
    };
    type Done = (error: Error | null, options: FastifyCorsOptions) => void;
    return {
      delegator: ({ headers }: FastifyRequest, done: Done) => {
        const preflight = Boolean(headers.origin && headers['access-control-request-method']);
        done(null, { ...options, preflight });
      },
    };
  }

  /** Sets what @fastify/cors would, on the answer to a request that no hook has seen. */
  setHeaders({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    if (!this.isOn) return;
    void reply.header('Vary', 'Origin');
    if (origin === undefined || !this.patterns.some((pattern) => pattern.test(origin))) return;
    void reply.headers({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': EXPOSED.join(', '),
    });
  }
}
