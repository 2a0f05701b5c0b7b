import { setTimeout as sleep } from 'node:timers/promises';
import { Lab } from './lab.js';
import type { Row, Settings } from './part.js';
import { Inspector, type Sample } from './soak/inspector.js';
import { MixedLoad } from './soak/mixed-load.js';

export const name = 'soak';

const SAMPLES = 12;
const SHORT_MS = 2_000;
const POOL = 20;

/** How much more than at first there may be at last; caches fill, and buckets of them are made anew. */
const SLACK: Record<keyof Sample | 'connections', number> = {
  ...{ heap: 12, buffers: 8, files: 12, resources: 12, connections: 5 },
};

type Held = Sample & { connections: number };

/** Mixed load, and what the process holds: after the first third, nothing becomes more. */
export async function run({ minutes, isShort }: Settings): Promise<Row[]> {
  const lab = await Lab.start({
    node: ['--inspect=127.0.0.1:0'],
    env: () => ({ DATABASE_POOL_SIZE: String(POOL), LOG_LEVEL: 'error' }),
  });
  const inspector = await Inspector.of(lab);
  const load = new MixedLoad(lab);
  const held: Held[] = [];
  try {
    const pause = (isShort ? SHORT_MS : minutes * 60_000) / SAMPLES;
    for (let n = 0; n < SAMPLES; n += 1) {
      await sleep(pause);
      held.push({ ...(await inspector.sample()), connections: await connections(lab) });
    }
  } finally {
    await load.stop();
    inspector.close();
    await lab.stop();
  }
  const rows = Object.entries(SLACK).map(([what, slack]) =>
    judged(
      held.map((sample) => sample[what as keyof Held]),
      what,
      slack,
      load.requests,
    ),
  );
  // So short a time says nothing of memory; it says that this part works.
  return isShort ? rows.filter(({ claim }) => !/heap|buffers/.test(claim)) : rows;
}

function judged(values: number[], what: string, slack: number, requests: number): Row {
  const third = Math.floor(values.length / 3);
  const [before, after] = [median(values.slice(third, 2 * third)), median(values.slice(-third))];
  const course = values.map((value) => value.toFixed(0)).join(' ');
  const faults = after > before + slack ? [`from ${before} to ${after}: ${course}`] : [];
  return { claim: `${what} stay flat`, cases: requests, faults, note: course };
}

const median = (values: number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

async function connections({ database }: Lab): Promise<number> {
  const { rows } = await database.client.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
    [database.name],
  );
  return Number(rows[0]?.count);
}
