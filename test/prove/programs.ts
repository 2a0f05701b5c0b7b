import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POSTGRES = '/usr/lib/postgresql';

/** The newest PostgreSQL that Debian installed. @throws Error that says what to install */
export function findPrograms(): string {
  const missing = ['patroni', 'etcd', 'haproxy'].filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  );
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).map(Number) : [];
  const bin = join(POSTGRES, String(Math.max(0, ...versions)), 'bin');
  if (!existsSync(join(bin, 'initdb'))) missing.push('postgresql');
  if (missing.length > 0)
    throw new Error(
      `missing: ${missing.join(', ')}. On Debian: apt-get install patroni etcd-server haproxy postgresql`,
    );
  return bin;
}

/** The processes that this one has started, and nothing else. */
export class Processes {
  private readonly children: ChildProcess[] = [];

  start(
    program: string,
    args: string[],
    options: Parameters<typeof spawn>[2] & object,
  ): ChildProcess {
    const child = spawn(program, args, { stdio: 'ignore', ...options });
    child.once('error', (error) => console.error(`${program}: ${error.message}`));
    this.children.push(child);
    return child;
  }

  /** The last one first. */
  async stop(): Promise<void> {
    for (const child of this.children.toReversed()) await end(child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  if (hasEnded()) return;
  child.kill('SIGTERM');
  for (let waited = 0; !hasEnded() && waited < 15_000; waited += 50) await sleep(50);
  if (!hasEnded()) child.kill('SIGKILL');
}

/** kill -9 of a process and of all that it has started, as if the machine were gone. */
export function killTree(pid: number): void {
  const children = readdirSync('/proc').filter((entry) => parentOf(entry) === pid);
  kill(pid);
  for (const child of children) killTree(Number(child));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function parentOf(entry: string): number | undefined {
  if (!/^\d+$/.test(entry)) return undefined;
  try {
    const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Waits until it is so. @throws Error that says what was not */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(100);
  }
}
