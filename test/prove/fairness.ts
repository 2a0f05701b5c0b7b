import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { residentMiB } from '../../bench/cpu.js';
import { tryLoad } from '../../bench/run-load.js';
import { type Server, Servers } from '../../bench/servers.js';
import { ABUSERS } from './abusers.js';
import type { Row, Settings } from './part.js';
import { Processes } from './programs.js';

export const name = 'fairness';

/** What the others keep at least, in percent, beside any caller. */
const KEPT = 80;

/** What the chart gives the service, in MiB. */
const MEMORY_MIB = 512;

const USERS = 100_000;

/** Clients, each of which asks for less than its limit. */
const OTHERS = 8;
const HELD = 'a row that another session holds';
const LARGE = '200 pages of large users';

/** Those on the first pages have 30 KB of custom data each. */
const ENLARGE = `UPDATE users SET custom_data =
    (SELECT jsonb_object_agg('k' || n || id, n) FROM generate_series(1, 2000) n)
  WHERE id IN (SELECT id FROM users ORDER BY created_at DESC, id DESC LIMIT 600)`;

interface Options {
  /** Another checkout, which is built, in place of this one. */
  folder?: string | undefined;
  seconds: number;
  names: string[];
}

/** What one caller can do to the others, with the limits that are shipped: their PATCHes a second alone, and beside it. */
export async function run({ isShort }: Pick<Settings, 'isShort'>): Promise<Row[]> {
  return prove({ seconds: isShort ? 3 : 6, names: Object.keys(ABUSERS) });
}

async function prove({ folder, seconds, names }: Options): Promise<Row[]> {
  const servers = await Servers.start(USERS, [], {});
  try {
    const { server, client } = folder
      ? await servers.other(folder, USERS)
      : { server: await servers.service(), client: servers.client };
    await rates(servers, server, 6);
    const rows: Row[] = [];
    let before = await rates(servers, server, seconds / 2);
    for (const abuser of names) {
      const stop = await start(servers, server, client, abuser);
      // It comes to its full strength; what slow clients have asked for is answered, and waits for them.
      await sleep(abuser.includes('slow') ? 5_000 : 1_000);
      const beside = await rates(servers, server, abuser === HELD ? 2 * seconds : seconds);
      const connections = await connectionsOf(client);
      const memory = residentMiB(server.pid);
      await stop();
      await isCalm(server);
      // A process becomes quicker or slower as it goes on: before and behind it.
      const after = await rates(servers, server, seconds / 2);
      const alone = (before + after) / 2;
      before = after;
      const kept = Math.round((100 * beside) / alone);
      const note = `${kept} %: ${Math.round(beside)} of ${Math.round(alone)} a second; ${connections} connections, ${memory} MiB`;
      const faults = [
        ...(kept < KEPT ? [`the others keep ${kept} %`] : []),
        ...(memory > MEMORY_MIB ? [`${memory} MiB`] : []),
      ];
      rows.push({ claim: abuser, cases: 1, faults, note });
      console.log(`${abuser.padEnd(40)}${note}`);
    }
    return rows;
  } finally {
    await servers.stop();
  }
}

/** PATCHes of others that were answered as they should be, a second. */
async function rates({ issuer }: Servers, { url }: Server, seconds: number): Promise<number> {
  const clients = Array.from({ length: OTHERS }, (_, n) => ({ client_id: `others-${n}` }));
  const tokens = await Promise.all(clients.map((client) => issuer.managementToken(client)));
  const load = { url, operation: 'patch-name', tokens, users: USERS, connections: 32, seconds };
  const result = await tryLoad(load);
  return (result.requests - result.wrong) / result.seconds;
}

/** Answers how to end it. */
async function start(
  { issuer }: Servers,
  { url }: Server,
  client: Client,
  abuser: string,
): Promise<() => Promise<void>> {
  const token = await issuer.managementToken({ sub: 'abuser', client_id: 'abuser' });
  const feed = await fetch(`${url}/api/events?limit=1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const last = feed.headers.get('last-sequence') ?? '0';
  await feed.body?.cancel();
  const isHeld = abuser === HELD;
  if (isHeld) await client.query(`BEGIN; SELECT FROM users WHERE id = 'u3' FOR UPDATE`);
  if (abuser === LARGE) await client.query(ENLARGE);
  const args = ['--no-warnings', '--import', 'tsx', resolve('test/prove/abuse.ts')];
  const own = new Processes();
  const child = own.start(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin?.end(JSON.stringify({ name: abuser, url, token, last }));
  return async () => {
    await own.stop();
    if (isHeld) await client.query('ROLLBACK');
  };
}

/** Connections to the database of the service, in whatever state. */
async function connectionsOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'nameplate%'`,
  );
  return Number(rows[0]?.count);
}

/** Until what the caller left behind is done. */
async function isCalm({ url }: Server): Promise<void> {
  for (let quick = 0; quick < 5;) {
    const before = performance.now();
    const isQuick = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok && performance.now() - before < 100,
      () => false,
    );
    quick = isQuick ? quick + 1 : 0;
    await sleep(100);
  }
}

/** `npm run prove:fairness [-- --folder other/checkout] [--seconds n] [part of a name …]` */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { folder: { type: 'string' }, seconds: { type: 'string', default: '6' } },
  });
  const names = Object.keys(ABUSERS).filter(
    (one) => positionals.length === 0 || positionals.some((part) => one.includes(part)),
  );
  const rows = await prove({ folder: values.folder, seconds: Number(values.seconds), names });
  process.exit(rows.some(({ faults }) => faults.length > 0) ? 1 : 0);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
