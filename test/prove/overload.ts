import { pathToFileURL } from 'node:url';
import { residentMiB } from '../../bench/cpu.js';
import type { Load } from '../../bench/load.js';
import { tryLoad } from '../../bench/run-load.js';
import { Servers } from '../../bench/servers.js';
import type { Row, Settings } from './part.js';

export const name = 'overload';

const USERS = 10_000;

/** Connections over which three times as much is sent as can be answered: each waits for its answer. */
const CONNECTIONS = 2_000;

/** What is promised at three times the peak: of its throughput, milliseconds, and MiB. */
const USEFUL = 0.8;
const LATENCY_MS = 1_000;
const MEMORY_MIB = 400;

/** Three times as many PATCHes as the service can do. */
export async function run({ isShort }: Pick<Settings, 'isShort'>): Promise<Row[]> {
  const seconds = isShort ? 4 : 15;
  const servers = await Servers.start(USERS);
  try {
    const { url, pid } = await servers.service();
    const tokens = [await servers.issuer.managementToken()];
    const load = (connections: number, more: Partial<Load> = {}) =>
      tryLoad({
        ...{ url, operation: 'patch-name', tokens, users: USERS, connections, seconds },
        ...more,
      });
    await load(32, { seconds: 3 });
    const peak = await load(32);
    const most = peak.requests / peak.seconds;
    let memory = 0;
    const watch = setInterval(() => (memory = Math.max(memory, residentMiB(pid))), 100);
    const over = await load(CONNECTIONS, { rate: Math.ceil(3 * most) });
    clearInterval(watch);
    const useful = (over.requests - over.wrong) / over.seconds;
    const note = `peak ${Math.round(most)}/s; at 3 × ${Math.round(useful)}/s useful, ${Math.round(over.wrong / over.seconds)}/s refused, p99 ${Math.round(over.right99)} ms, ${memory} MiB`;
    const faults = [
      ...(useful < USEFUL * most ? [`${Math.round((100 * useful) / most)} % of the peak`] : []),
      ...(over.right99 > LATENCY_MS ? [`p99 of what is accepted is ${over.right99} ms`] : []),
      ...(memory > MEMORY_MIB ? [`${memory} MiB`] : []),
    ];
    return [
      { claim: 'three times as much as can be answered', cases: over.requests, faults, note },
    ];
  } finally {
    await servers.stop();
  }
}

/** `npm run prove:overload` */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const rows = await run({ isShort: false });
  for (const { claim, note, faults } of rows)
    console.log([`${claim}: ${note}`, ...faults].join('\n'));
  process.exit(rows.some(({ faults }) => faults.length > 0) ? 1 : 0);
}
