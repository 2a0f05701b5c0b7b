import type { Row } from './part.js';

/** What the others keep at least, in percent, beside any caller. */
const KEPT = 80;

/** What the chart gives the service, in MiB. */
const MEMORY_MIB = 512;

export interface Measured {
  /** What the others keep, in percent, and their PATCHes a second. */
  kept: number;
  beside: number;
  alone: number;
  connections: number;
  memory: number;
}

/** What is too little is measured twice more, and the one in the middle counts: with nobody there, one measured 118. */
export async function judge(abuser: string, measure: () => Promise<Measured>): Promise<Row> {
  const all = [await measure()];
  if ((all[0]?.kept ?? 0) < KEPT) all.push(await measure(), await measure());
  const sorted = all.toSorted((one, other) => one.kept - other.kept);
  const { kept, beside, alone, connections } = sorted[Math.floor(all.length / 2)] as Measured;
  const memory = Math.max(...all.map((one) => one.memory));
  const others = all.length > 1 ? ` (of ${sorted.map((one) => one.kept).join(', ')})` : '';
  return {
    ...{ claim: abuser, cases: all.length },
    faults: [
      ...(!(kept >= KEPT) ? [`the others keep ${kept} %`] : []),
      ...(memory > MEMORY_MIB ? [`${memory} MiB`] : []),
    ],
    note: `${kept} %${others}: ${Math.round(beside)} of ${Math.round(alone)} a second; ${connections} connections, ${memory} MiB`,
  };
}
