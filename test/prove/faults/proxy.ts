import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Stands between the service and PostgreSQL, and cuts connections at the worst moment. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  private toCut = 0;
  /** How often it was cut after PostgreSQL had answered. */
  cuts = 0;

  private constructor(private readonly server: Server) {}

  static async start(target: () => number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', (client) => proxy.forward(client, connect(target(), '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The next so many answers of PostgreSQL are thrown away, with their connections. */
  cutAnswers(count: number): void {
    this.toCut = count;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private forward(client: Socket, server: Socket): void {
    const both = [client, server];
    for (const socket of both) {
      this.sockets.add(socket.setNoDelay());
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => server.write(chunk));
    server.on('data', (chunk: Buffer) => {
      if (this.toCut > 0 && isOfWrite(chunk)) {
        this.toCut -= 1;
        this.cuts += 1;
        client.destroy();
      } else client.write(chunk);
    });
  }
}

/** CommandComplete of a write, or of the COMMIT of one (PostgreSQL, 54.7), and ReadyForQuery «idle». */
const isOfWrite = (chunk: Buffer) =>
  /COMMIT\0|UPDATE|INSERT|SELECT \d+\0/.test(chunk.toString('latin1')) &&
  chunk.subarray(-6).equals(Buffer.from('Z\0\0\0\x05I', 'latin1'));
