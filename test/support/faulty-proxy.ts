import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * What happens to one request: a status in place of the service's, or a connection that ends before the
 * service has the request, after it has done it, or within its answer; or nothing at all.
 */
export type Fault =
  | { status: number; headers?: Record<string, string> }
  | 'refused'
  | 'answer lost'
  | 'answer cut'
  | 'silence';

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** Stands before the service, and fails as often as a test says. */
export class FaultyProxy {
  readonly seen: Seen[] = [];
  /** Of the next requests, in turn. */
  faults: (Fault | undefined)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  static async start(target: string): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server, target);
    server.on('request', (request, response) => void proxy.pass(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets what it has seen, and fails like this next. */
  next(...faults: (Fault | undefined)[]): void {
    this.seen.length = 0;
    this.faults = faults;
  }

  get keys(): (string | undefined)[] {
    return this.seen.map(({ headers }) => headers['idempotency-key'] as string | undefined);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    this.seen.push({ method, url, headers });
    const fault = this.faults.shift();
    if (fault === 'silence') return;
    if (fault === 'refused') {
      response.destroy();
      return;
    }
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    const kept = Object.entries(headers).filter(
      ([name]) => !['host', 'connection', 'content-length', 'accept-encoding'].includes(name),
    );
    const answer = await fetch(this.target + url, {
      method,
      headers: Object.fromEntries(kept) as Record<string, string>,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    }).catch(() => undefined);
    if (fault === 'answer lost' || !answer) {
      response.destroy();
      return;
    }
    const text = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (fault !== 'answer cut') response.end(text);
    else response.write(text.subarray(0, text.length / 2), () => response.destroy());
  }
}
