import type { Client } from 'pg';
import { cpuOf, cpuOfTree } from './cpu.js';
import { type Measured as OfOneLoad, median, watchMemory } from './measure.js';
import type { LoadedTenant } from './mixed-load.js';
import { runMixedLoad } from './run-load.js';
import { Servers } from './servers.js';
import { table, times, whole } from './tables.js';
import { addTenants, hostOf, tenantIds, tenantSettings, tenantToken } from './tenant-data.js';
import { addUsers } from './users.js';

interface Settings {
  tenants: number;
  /** Of each tenant. */
  users: number;
  seconds: number;
  rounds: number;
  connections: number;
}

const LARGE = 'default';

/** Requests before any is counted: each tenant's keys are fetched, and its token is verified. */
const WARMING = 2_000;

/** Many tenants and, in turn with them, a large one in the same database, by services of one build and no other state. */
export async function measureMixed({ tenants, users, ...load }: Settings): Promise<string> {
  const servers = await Servers.start(tenants * users);
  try {
    const ids = tenantIds(tenants);
    await addTenants(servers.client, [LARGE, ...ids]);
    await addUsers(servers.client, 1, users, ids);
    const many = await Promise.all(ids.map((id) => loaded(servers, id, users)));
    const large = [await loaded(servers, LARGE, tenants * users)];
    const measured = { many: [] as Measured[], large: [] as Measured[] };
    for (let round = 0; round < load.rounds; round += 1) {
      measured.large.push(await measure(servers, large, load));
      measured.many.push(await measure(servers, many, load));
    }
    const rows = [
      [`1 × ${whole(tenants * users)}`, median(measured.large)],
      [`${whole(tenants)} × ${whole(users)}`, median(measured.many)],
    ] as const;
    return resultTable(rows);
  } finally {
    await servers.stop();
  }
}

const loaded = async (servers: Servers, id: string, users: number): Promise<LoadedTenant> => ({
  ...{ host: hostOf(id), users },
  token: await tenantToken(servers, id),
});

interface Measured extends Omit<OfOneLoad, 'live99'> {
  connections: number;
  /** Of all requests, lists and searches that were told to come again, in percent. */
  refused: number;
}

async function measure(
  servers: Servers,
  tenants: LoadedTenant[],
  { seconds, connections }: Pick<Settings, 'seconds' | 'connections'>,
): Promise<Measured> {
  const service = await servers.service(tenantSettings(servers));
  const load = { ...{ url: service.url, tenants, connections }, seconds };
  // Tokens are verified once, and statements prepared.
  await runMixedLoad({ ...load, requests: WARMING });
  const memory = watchMemory(service.pid);
  const open = watchConnections(servers.client);
  const before = [cpuOf(service.pid), cpuOfTree(servers.postgresPid)] as const;
  const loading = runMixedLoad(load).finally(memory.stop);
  // Also when the load has failed: what watches would end the whole, and hide why.
  const most = await loading.then(open.stop, open.stop);
  const { requests, seconds: took, p50, p99, refused } = await loading;
  const cpu = (cpuOf(service.pid) - before[0]) / requests;
  const postgresCpu = (cpuOfTree(servers.postgresPid) - before[1]) / requests;
  await service.stop();
  return {
    ...{ rate: requests / took, p50, p99, cpu, postgresCpu },
    ...{ mebibytes: memory.most(), connections: most, refused: (100 * refused) / requests },
  };
}

function watchConnections(client: Client) {
  let most = 0;
  let looking = Promise.resolve();
  const look = async () => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::integer FROM pg_stat_activity WHERE application_name LIKE 'nameplate%'`,
    );
    most = Math.max(most, rows[0]?.count ?? 0);
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, 500);
  return {
    stop: async (): Promise<number> => {
      clearInterval(timer);
      await looking;
      return most;
    },
  };
}

function resultTable(rows: readonly (readonly [string, Measured])[]): string {
  const first = rows[0]?.[1].rate ?? NaN;
  return table(
    [
      ...['tenants × users', 'req/s', 'ratio', 'p50 ms', 'p99 ms', 'CPU µs', 'PostgreSQL µs'],
      ...['MiB', 'connections', 'refused %'],
    ],
    rows.map(([name, measured]) => [
      ...[name, whole(measured.rate), times(measured.rate / first)],
      ...[measured.p50, measured.p99, measured.cpu, measured.postgresCpu].map(whole),
      ...[measured.mebibytes, measured.connections].map(whole),
      measured.refused.toFixed(2),
    ]),
  );
}
