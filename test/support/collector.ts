import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  status: number | undefined;
}

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
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        collector.requests.push({ path: request.url, headers: request.headers });
        if (collector.answer === 200) collector.take(JSON.parse(body));
        response.writeHead(collector.answer, { 'content-type': 'application/json' }).end('{}');
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

  private take({ resourceSpans }: any): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resource = attributesOf(resource.attributes);
      for (const span of scopeSpans.flatMap(({ spans }: any) => spans))
        this.spans.push({
          ...span,
          attributes: attributesOf(span.attributes),
          links: span.links ?? [],
          status: span.status?.code,
        });
    }
  }
}

const attributesOf = (attributes: { key: string; value: object }[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
