import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc, 100 a second on Linux. */
const TICK_US = 10_000;

/** Fields of /proc/<pid>/stat behind the name, from the third on (proc(5)). */
function stat(pid: number | string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

const sum = (fields: string[], ...places: number[]) =>
  places.reduce((total, place) => total + Number(fields[place] ?? 0), 0) * TICK_US;

/** Microseconds of CPU that a process has used so far. */
export const cpuOf = (pid: number) => sum(stat(pid), 11, 12);

/** Microseconds of a process and all its children, those that have ended, too. */
export function cpuOfTree(pid: number): number {
  const live = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOrNone)
    .filter((child) => Number(child[1]) === pid)
    .reduce((total, child) => total + sum(child, 11, 12), 0);
  return live + sum(stat(pid), 11, 12, 13, 14);
}

/** Nothing of a process that has ended meanwhile. */
function statOrNone(pid: string): string[] {
  try {
    return stat(pid);
  } catch {
    return [];
  }
}

/** Mebibytes of memory that a process has in use. */
export function residentMiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}
