import { hash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';

/**
 * Takes a folder for this process alone, until it ends, however it ends: the lock is a listening
 * socket, which the system itself takes back.
 *
 * @throws Error when another process has it
 */
export async function lockFolder(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const address = lockAddress(resolve(folder));
  if (await listens(address)) return;
  const isFile = process.platform !== 'linux' && process.platform !== 'win32';
  if (isFile && !(await answers(address))) {
    rmSync(address, { force: true });
    if (await listens(address)) return;
  }
  throw new Error(
    `${resolve(folder)} is in use by another nameplate. Stop that one, or set DATABASE_URL.`,
  );
}

/** Linux and Windows have sockets without a file; elsewhere the file of a dead process may remain. */
function lockAddress(folder: string): string {
  const name = `nameplate-${hash('sha256', folder).slice(0, 16)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(folder, 'lock.sock');
}

function listens(address: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? done(false) : fail(error),
    );
    server.listen(address, () => done(true)).unref();
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(address, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
