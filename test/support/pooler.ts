import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** BackendKeyData (PostgreSQL, 54.7): K, its length, the process, and the key of cancel requests. */
const BACKEND_KEY = Buffer.from([0x4b, 0, 0, 0, 12]);

/**
 * Stands between a service and PostgreSQL as a pooler does: the process that it tells a client is none
 * that works for it.
 */
export class Pooler {
  /** What clients have sent, in any order. */
  readonly sent: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(databaseUrl: string): Promise<Pooler> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = new URL(databaseUrl);
    const [host, port] = [url.hostname, Number(url.port)];
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const pooler = new Pooler(server, url.href);
    server.on('connection', (client) => {
      const database = connect(port, host);
      for (const socket of [client, database]) {
        pooler.sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => (socket === client ? database : client).destroy());
      }
      client.on('data', (chunk: Buffer) => {
        pooler.sent.push(chunk.toString('latin1'));
        database.write(chunk);
      });
      let isTold = false;
      database.on('data', (chunk: Buffer) => {
        const at = isTold ? -1 : chunk.indexOf(BACKEND_KEY);
        if (at >= 0) {
          chunk.writeUInt32BE(1, at + BACKEND_KEY.length);
          isTold = true;
        }
        client.write(chunk);
      });
    });
    return pooler;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
