import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudEventDto } from '../../src/events/record/cloud-event.dto.js';

/** Longer than anything takes, also where both cores are busy with something else. */
const PATIENCE_MS = 120_000;

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  event: CloudEventDto;
  /** What was answered. */
  status: number;
  at: number;
}

/** A receiver of events on a real port; a test says how it answers. */
export class TestReceiver {
  readonly received: Received[] = [];
  /** The status to answer with, or what to do instead. */
  answer: (event: CloudEventDto, response: ServerResponse) => number | undefined = () => 204;

  /** Milliseconds before it answers. */
  delay = 0;

  private constructor(private readonly server: Server) {}

  static async start(host = '127.0.0.1'): Promise<TestReceiver> {
    const server = createServer();
    const receiver = new TestReceiver(server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const receive = () => receiver.receive(request.headers, body, response);
        if (receiver.delay === 0) receive();
        else setTimeout(receive, receiver.delay);
      });
    });
    await new Promise<void>((done) => server.listen(0, host, done));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** What was taken, in the order of arrival. */
  get taken(): Received[] {
    return this.received.filter(({ status }) => status >= 200 && status < 300);
  }

  /** Waits until as many were taken, and says what was missing if not. */
  async takes(count: number, milliseconds = PATIENCE_MS): Promise<Received[]> {
    await until(() => this.taken.length >= count, milliseconds);
    if (this.taken.length < count) throw new Error(`only ${this.taken.length} of ${count} arrived`);
    return this.taken;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private receive(headers: IncomingHttpHeaders, body: string, response: ServerResponse): void {
    const event = JSON.parse(body) as CloudEventDto;
    const status = this.answer(event, response);
    this.received.push({ headers, body, event, status: status ?? 0, at: Date.now() });
    if (status !== undefined) response.writeHead(status).end();
  }
}

/** Waits until something is so, but not longer than this. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  milliseconds = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await isSo()) && Date.now() < deadline) await sleep(20);
}
