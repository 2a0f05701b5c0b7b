import { hash, randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

const HOST = '127.0.0.1';

/** Whether something accepts connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: HOST }, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

/** Below what Linux (32768) and the others (49152) give to connections that go out. */
const LOWEST = 10_240;
const PORTS = 22_528;

/**
 * A port that nothing listens on, and that no connection is given while its server is away: who
 * connects to one of those may be connected to itself, and then holds it.
 *
 * @param owner has the same one each time, unless something else has taken it
 */
export async function freePort(owner?: string): Promise<number> {
  let place = owner === undefined ? randomInt(PORTS) : placeOf(owner);
  while (!(await canListen(LOWEST + place))) place = randomInt(PORTS);
  return LOWEST + place;
}

const placeOf = (owner: string) => Number.parseInt(hash('sha256', owner).slice(0, 8), 16) % PORTS;

function canListen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer().once('error', () => done(false));
    server.listen(port, HOST, () => server.close(() => done(true)));
  });
}
