import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc, 100 a second on Linux. */
const TICK_US = 10_000;

/** Fields of /proc/<pid>/stat behind the name, from the third on (proc(5)); none when it has ended. */
function stat(pid: number | string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

const sum = (fields: string[], ...places: number[]) =>
  places.reduce((total, place) => total + Number(fields[place] ?? 0), 0) * TICK_US;

/** Microseconds of CPU that a process has used so far. */
export const cpuOf = (pid: number) => sum(stat(pid), 11, 12);

/** Microseconds of a process and all its children, those that have ended, too. */
export function cpuOfTree(pid: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(stat)
    .filter(([, parent]) => Number(parent) === pid);
  const live = children.reduce((total, child) => total + sum(child, 11, 12), 0);
  return live + sum(stat(pid), 11, 12, 13, 14);
}

/** Mebibytes of memory that a process has in use. */
export function residentMiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}
