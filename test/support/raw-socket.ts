import { connect } from 'node:net';
import type { TestApp } from './test-app.js';

/** A connection to the service that sends bytes as they are, and keeps what comes back. */
export class RawSocket {
  answer = '';
  readonly closed: Promise<string>;
  private constructor(readonly socket: ReturnType<typeof connect>) {
    socket.on('data', (chunk: Buffer) => (this.answer += chunk.toString()));
    this.closed = new Promise((done, fail) => {
      socket.on('close', () => done(this.answer));
      socket.on('error', fail);
    });
  }

  /** @param app one that listens */
  static open(app: TestApp, allowHalfOpen = false): RawSocket {
    const { port } = app.app.getHttpServer().address() as { port: number };
    return new RawSocket(connect({ port, host: '127.0.0.1', allowHalfOpen }));
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** Waits until this has come. */
  async has(text: string): Promise<void> {
    while (!this.answer.includes(text))
      await new Promise<void>((done, fail) => {
        this.socket.once('data', () => done());
        this.socket.once('close', () => fail(new Error(`closed after: ${this.answer}`)));
      });
  }
}

/** The status codes of the answers, in their order. */
export const statuses = (answers: string) =>
  [...answers.matchAll(/(?<=^|\n|\})HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
