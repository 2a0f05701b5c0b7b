import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Sent {
  id: string;
  subject: string;
  time: string;
  data: { version: number };
}

/** Receives the events of hooks as fast as it can, and judges when and in what order they came. */
export class HookReceiver {
  /** Milliseconds from each change to its arrival. */
  lags: number[] = [];
  /** Events that came again. */
  repeated = 0;
  /** Events that came behind a later one of the same user. */
  disordered = 0;
  /** Hook and user → the highest version that has come. */
  private readonly highest = new Map<string, number>();
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.receive(request.url ?? '', JSON.parse(Buffer.concat(chunks).toString()) as Sent);
      response.writeHead(204).end();
    });
  });

  static async start(): Promise<HookReceiver> {
    const receiver = new HookReceiver();
    await once(receiver.server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  url(hook: number): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${hook}`;
  }

  stop(): void {
    this.server.close().closeAllConnections();
  }

  private receive(path: string, { subject, time, data: { version } }: Sent): void {
    const key = `${path} ${subject}`;
    const highest = this.highest.get(key) ?? 0;
    if (version === highest) this.repeated += 1;
    else if (version < highest) this.disordered += 1;
    else {
      this.highest.set(key, version);
      this.lags.push(Date.now() - Date.parse(time));
    }
  }
}

/** A percentile of numbers, as text without decimals. */
export function percentile(list: number[], percent: number): string {
  const sorted = list.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN
  ).toFixed(0);
}
