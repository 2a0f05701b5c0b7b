import { FAULTS, type Site } from './faults/database-faults.js';
import { issuerFaults } from './faults/issuer-faults.js';
import { Load } from './faults/load.js';
import { OwnServer } from './faults/own-server.js';
import { Proxy } from './faults/proxy.js';
import { shutdown } from './faults/shutdown.js';
import { Lab } from './lab.js';
import type { Row, Settings } from './part.js';

export const name = 'faults';

/** In `npm test`; crash.spec.ts has the death of the service and of PostgreSQL. */
const SHORT = ['backends terminated', 'connections cut after the commit'];

/** What breaks under load, one after the other; after each, the service has to go on by itself. */
export async function run({ isShort }: Settings): Promise<Row[]> {
  const server = await OwnServer.start();
  const proxy = await Proxy.start(() => Number(new URL(server.url).port));
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const lab = await Lab.start({ url: url.href });
  const rows: Row[] = [];
  try {
    const load = await Load.start(lab);
    await load.goesOn('writes before any fault');
    for (const [fault, happen] of Object.entries(FAULTS))
      if (!isShort || SHORT.includes(fault))
        rows.push(await tried(fault, happen, { lab, server, proxy }, load));
    const { length } = load.writers.written;
    const statuses = [...load.writers.statuses].map((pair) => pair.join(': ')).join(', ');
    rows.push({
      claim: 'nothing acknowledged is lost, nothing done twice, the feed is whole',
      ...{ cases: length, faults: await load.stop(), note: `writes by status ${statuses}` },
    });
  } finally {
    await lab.stop();
    proxy.stop();
    await server.stop();
  }
  return [...rows, await shutdown(), ...(await issuerFaults(isShort))];
}

async function tried(
  fault: string,
  happen: (site: Site) => Promise<string | undefined>,
  site: Site,
  load: Load,
): Promise<Row> {
  const { pid } = site.lab;
  const start = performance.now();
  const faults: string[] = [];
  const { statuses } = load.writers;
  const refused = () => (statuses.get(503) ?? 0) + (statuses.get(0) ?? 0);
  const before = refused();
  let note: string | undefined;
  try {
    note = await happen(site);
    await load.goesOn('writes are acknowledged again');
    if (!(await site.lab.isReady())) faults.push('it is not ready');
    if (!fault.includes('service') && site.lab.pid !== pid) faults.push('it was started again');
  } catch (error) {
    faults.push(`${String(error)}\n${site.lab.output.slice(-2_000)}`);
  }
  const seconds = `${((performance.now() - start) / 1_000).toFixed(1)} s`;
  const others = `${refused() - before} writes refused`;
  return {
    claim: `${fault}: goes on`,
    cases: 1,
    faults,
    note: [seconds, others, note].filter(Boolean).join(', '),
  };
}
