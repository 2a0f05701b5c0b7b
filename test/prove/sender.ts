import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Sent {
  method: string;
  path: string;
  /** In place of the caller's own. */
  token?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Whether the next one goes where `Link` leads. */
  follows?: true;
}

/** Milliseconds before a connection that was refused is tried again. */
const PAUSE_MS = 50;

/** Sends requests of one caller, and throws away what is answered. */
export class Sender {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** One after the other, without a pause and without an end. */
  async again(make: () => Sent): Promise<never> {
    for (let path: string | undefined; ;) {
      const sent = make();
      path = await this.send({ ...sent, path: path ?? sent.path }).catch(() =>
        sleep(PAUSE_MS, undefined),
      );
      if (!sent.follows) path = undefined;
    }
  }

  /** Where `Link` leads, if anywhere, once all of the answer has come. */
  private send({ method, path, token, headers, body }: Sent): Promise<string | undefined> {
    return new Promise((done, fail) => {
      const outgoing = request(new URL(path, this.url), {
        ...{ method, agent: this.agent },
        headers: {
          authorization: `Bearer ${token ?? this.token}`,
          ...(body && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
          ...headers,
        },
      });
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        const next = /<([^>]*)>; rel="next"/.exec(String(incoming.headers['link'] ?? ''))?.[1];
        incoming
          .on('error', fail)
          .on('end', () => done(next && new URL(next, new URL(path, this.url)).href))
          .resume();
      });
      outgoing.end(body);
    });
  }

  /** Every other one sends a byte of its body each second; the others ask for pages and do not read them. */
  slowly(worker: number): void {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    const head = (line: string, more = '') =>
      `${line} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${this.token}\r\n${more}\r\n`;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => setTimeout(() => this.slowly(worker), PAUSE_MS));
    if (worker % 2 === 0) {
      const length = 'Content-Type: application/json\r\nContent-Length: 10000\r\n';
      socket.write(`${head('PATCH /api/users/u1', length)}{`);
      const timer = setInterval(() => socket.write(' '), 1_000);
      socket.on('close', () => clearInterval(timer));
    } else {
      socket.pause();
      socket.write(head('GET /api/users?page_size=100').repeat(3));
    }
  }
}
