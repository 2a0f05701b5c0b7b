import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type CollectedSpan, exportOf } from './otlp.js';

/** A collector of OTLP over HTTP, on a real port. */
export class TestCollector {
  readonly spans: CollectedSpan[] = [];
  readonly requests: { path: string | undefined; headers: IncomingHttpHeaders }[] = [];
  /** Of the process that sent them. */
  resource: Record<string, unknown> = {};
  /** The status to answer with. */
  answer = 200;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TestCollector> {
    const server = createServer();
    const collector = new TestCollector(server);
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        collector.requests.push({ path: request.url, headers: request.headers });
        if (collector.answer === 200) collector.take(body);
        response.writeHead(collector.answer).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  named(name: string): CollectedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private take(body: Buffer): void {
    for (const { resource, spans } of exportOf(body)) {
      this.resource = resource;
      this.spans.push(...spans);
    }
  }
}
