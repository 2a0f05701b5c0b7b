import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What a cluster's `postmaster.pid` records of the server that runs on it, or ran. */
export interface Postmaster {
  pid: number;
  port: number;
  sharedMemoryId: number;
}

export function readPostmaster(cluster: string): Postmaster | undefined {
  const file = pidFile(cluster);
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const [, sharedMemoryId] = (lines[6] ?? '').trim().split(/\s+/);
  return { pid: Number(lines[0]), port: Number(lines[3]), sharedMemoryId: Number(sharedMemoryId) };
}

/** Whether the process is a PostgreSQL that lives, as far as the system tells (Linux does). */
export function isRunning({ pid }: Postmaster): boolean {
  if (!isListed(pid)) return false;
  if (process.platform !== 'linux') return true;
  const stat = procFile(`${pid}/stat`);
  return stat.includes('(postgres)') && !stat.includes(') Z');
}

/**
 * Removes the pid file of a server that is gone while its number is still listed: as a zombie that
 * nobody waits for, or, after the restart of a container, as another process. PostgreSQL would take
 * it for alive. Not before the last backend has let go of the old shared memory, which is
 * PostgreSQL's own test of whether a cluster is free; returns whether it is.
 */
export function releaseCluster(cluster: string, { pid, sharedMemoryId }: Postmaster): boolean {
  if (!isListed(pid)) return true;
  // Columns: key, shmid, perms, size, cpid, lpid, nattch, …
  const segments = procFile('sysvipc/shm')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const segment = segments.find((columns) => Number(columns[1]) === sharedMemoryId);
  if (segment && Number(segment[6]) > 0) return false;
  rmSync(pidFile(cluster), { force: true });
  return true;
}

const pidFile = (cluster: string) => join(cluster, 'postmaster.pid');

function isListed(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function procFile(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch {
    return '';
  }
}
