import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, cpuOfTree, residentMiB } from './cpu.js';
import { Servers } from './servers.js';
import { table, whole } from './tables.js';
import { addHooks, addTenants, tenantIds, tenantSettings } from './tenant-data.js';

const HOOKS = 2;

/** Milliseconds after its start in which a service does what it does once. */
const SETTLING_MS = 10_000;

/** What a service does while nobody asks it anything, over so many seconds. */
export async function measureIdle(tenants: number, seconds: number): Promise<string> {
  const servers = await Servers.start(1, ['shared_preload_libraries=pg_stat_statements']);
  try {
    await servers.client.query('CREATE EXTENSION pg_stat_statements');
    const rows = [await measure(servers, seconds, 'no tenant')];
    await addTenants(servers.client, tenantIds(tenants));
    rows.push(await measure(servers, seconds, `${whole(tenants)} tenants`));
    await addHooks(servers.client, tenantIds(tenants), HOOKS);
    rows.push(await measure(servers, seconds, `the same with ${HOOKS} hooks each`, true));
    return table(
      ['nobody asks', 'CPU % of a core', 'PostgreSQL %', 'statements/s', 'rows/s', 'MiB'],
      rows,
    );
  } finally {
    await servers.stop();
  }
}

async function measure(servers: Servers, seconds: number, name: string, isTold = false) {
  const { client, postgresPid } = servers;
  const service = await servers.service({
    ...tenantSettings(servers),
    SECRETS_KEY: Buffer.alloc(32, 'bench').toString('base64'),
  });
  await sleep(SETTLING_MS);
  await client.query('SELECT pg_stat_statements_reset()');
  const before = [cpuOf(service.pid), cpuOfTree(postgresPid)] as const;
  await sleep(seconds * 1_000);
  const percent = (now: number, then: number) => ((now - then) / seconds / 10_000).toFixed(2);
  const own = percent(cpuOf(service.pid), before[0]);
  const postgres = percent(cpuOfTree(postgresPid), before[1]);
  const { rows } = await client.query<{ query: string; calls: number; rows: number; ms: number }>(
    `SELECT query, calls::float8, rows::float8, total_exec_time AS ms FROM pg_stat_statements
     WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY total_exec_time DESC`,
  );
  const sum = (key: 'calls' | 'rows') => rows.reduce((total, row) => total + row[key], 0) / seconds;
  if (isTold)
    for (const { query, calls, ms } of rows.slice(0, 8))
      console.log(
        `${(ms / seconds).toFixed(2)} ms/s ${calls} × ${query.replace(/\s+/g, ' ').slice(0, 110)}`,
      );
  const memory = residentMiB(service.pid);
  await service.stop();
  return [name, own, postgres, sum('calls').toFixed(1), whole(sum('rows')), whole(memory)];
}
