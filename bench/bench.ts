import { parseArgs } from 'node:util';
import { measure, type Measured, measureStart, median, middle } from './measure.js';
import { OPERATIONS, operationsOf } from './operations.js';
import { writeReport } from './report.js';
import { Servers } from './servers.js';
import { operationsTable, type Row, startLine } from './tables.js';

/**
 * `npm run bench -- [operation …]`: requests of the service as it is shipped, in turn with the same of
 * the bare server, over several rounds. Its table has medians; ratios are of one round, so that what
 * else the machine does meets both. `--report` also writes docs/benchmarks.md and its chart.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    users: { type: 'string', default: '200000' },
    connections: { type: 'string', default: '32' },
    tokens: { type: 'string', default: '10000' },
    report: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const settings = {
  seconds: Number(values.seconds),
  users: Number(values.users),
  connections: Number(values.connections),
  tokens: Number(values.tokens),
};
const names = operationsOf(positionals);

/** So many operations in a row are compared with one measurement of the bare server. */
const PER_BARE = 4;

const servers = await Servers.start(settings.users);
try {
  await bench();
} finally {
  await servers.stop();
}

async function bench(): Promise<void> {
  const starts = [];
  for (let round = 0; round < rounds; round += 1) starts.push(await measureStart(servers));
  const service = await servers.service();
  const bare = await servers.bare();
  const measured = new Map<string, Measured[]>();
  const ratios = new Map<string, number[]>();
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    let last: { name: string; rate: number; uses: number } | undefined;
    for (const name of names) {
      const own = OPERATIONS[name]?.bare;
      if (own && (last?.name !== own || last.uses === PER_BARE)) {
        const one = await measure(servers, bare, own, settings);
        last = { name: own, rate: one.rate, uses: 0 };
        if (round > 0) add(measured, `bare ${own}`, one);
      }
      const one = await measure(servers, service, name, settings);
      if (round > 0) add(measured, name, one);
      if (!own || !last) continue;
      last.uses += 1;
      if (round > 0) add(ratios, name, one.rate / last.rate);
    }
  }
  const rows = [...measured].map(([name, list]): Row => ({
    name,
    ...median(list),
    ratio: middle(ratios.get(name) ?? []),
  }));
  const start = median(starts);
  console.log(`${operationsTable(rows)}\n\n${startLine(start)}`);
  if (values.report) await writeReport({ rows, start, settings, rounds, servers });
}

function add<T>(lists: Map<string, T[]>, name: string, one: T): void {
  lists.set(name, [...(lists.get(name) ?? []), one]);
}
