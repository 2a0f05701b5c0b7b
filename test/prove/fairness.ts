import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { residentMiB } from '../../bench/cpu.js';
import { Servers } from '../../bench/servers.js';
import { ABUSERS } from './abusers.js';
import { judge, type Measured } from './fair-row.js';
import { patches, type Period, period, rate, type Served, USERS } from './others.js';
import type { Row, Settings } from './part.js';
import { Processes } from './programs.js';

export const name = 'fairness';

const HELD = 'a row that another session holds';
const LARGE = '200 pages of large users';

/** Those on the first pages have 30 KB of custom data each. */
const ENLARGE = `UPDATE users SET custom_data =
    (SELECT jsonb_object_agg('k' || n || id, n) FROM generate_series(1, 2000) n)
  WHERE id IN (SELECT id FROM users ORDER BY created_at DESC, id DESC LIMIT 600)`;

/** Milliseconds until what a caller left behind is done, and until a process of load is as quick as it will be. */
const CALM_MS = 2_000;
const WARM_MS = 2_000;

interface Lab extends Served {
  pid: number;
  client: Client;
}

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
    const lab = { ...server, issuer: servers.issuer, client };
    await patches(lab, 6);
    const rows: Row[] = [];
    for (const abuser of names) {
      const row = await judge(abuser, () => beside(abuser, lab, seconds));
      rows.push(row);
      console.log(`${abuser.padEnd(40)}${row.note}`);
    }
    return rows;
  } finally {
    await servers.stop();
  }
}

/**
 * The others come while the caller is at it, are alone for a while, and it comes again: a process becomes quicker or
 * slower as it goes on, which half of the time before and half behind make up for.
 */
async function beside(abuser: string, lab: Lab, seconds: number): Promise<Measured> {
  // What slow clients have asked for is answered, and waits for them.
  const strength = abuser.includes('slow') ? 5_000 : 1_000;
  const besides: Period[] = [];
  let connections = 0;
  let memory = 0;
  const pass = async (stop: () => Promise<void>) => {
    besides.push(await period(500 * seconds));
    connections = Math.max(connections, await connectionsOf(lab.client));
    memory = Math.max(memory, residentMiB(lab.pid));
    await stop();
    // What it left behind is done.
    await sleep(CALM_MS);
  };
  if (abuser === LARGE) await lab.client.query(ENLARGE);
  const first = await start(lab, abuser);
  await sleep(strength);
  const load = patches(lab, 2 * seconds + (WARM_MS + 2 * CALM_MS + strength) / 1_000);
  await sleep(WARM_MS);
  await pass(first);
  const between = await period(1_000 * seconds);
  const second = await start(lab, abuser);
  await sleep(strength);
  await pass(second);
  const result = await load;
  const rates = { beside: rate(result, besides), alone: rate(result, [between]) };
  return { kept: Math.round((100 * rates.beside) / rates.alone), ...rates, connections, memory };
}

/** Answers how to end it. */
async function start({ issuer, url, client }: Lab, abuser: string): Promise<() => Promise<void>> {
  const token = await issuer.managementToken({ sub: 'abuser', client_id: 'abuser' });
  const feed = await fetch(`${url}/api/events?limit=1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const last = feed.headers.get('last-sequence') ?? '0';
  await feed.body?.cancel();
  const isHeld = abuser === HELD;
  if (isHeld) await client.query(`BEGIN; SELECT FROM users WHERE id = 'u3' FOR UPDATE`);
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
