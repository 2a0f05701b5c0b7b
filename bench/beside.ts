import { parseArgs } from 'node:util';
import { measure, type Measured } from './measure.js';
import { operationsOf } from './operations.js';
import { Servers } from './servers.js';
import { besideTable, type Beside } from './tables.js';

/**
 * `npm run bench:beside -- <folder> [operation …]`: this build and the one of another checkout, each with
 * a database of its own in one PostgreSQL, loaded in turns of a few seconds. What else the machine does
 * meets both, so a ratio of two neighbours says more than any figure of one. `--set NAME=value` is a setting
 * of this build alone: with the same build as the other, what it costs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '12' },
    users: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '32' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const [folder, ...names] = positionals;
if (!folder) throw new Error('Name the folder of the other checkout, which must be built.');
const operations = names.length > 0 ? operationsOf(names) : ['get', 'patch-name'];
const rounds = Number(values.rounds);
const settings = {
  seconds: Number(values.seconds),
  users: Number(values.users),
  connections: Number(values.connections),
};

const own = Object.fromEntries(
  values.set.map((setting) => setting.split(/=(.*)/s).slice(0, 2) as [string, string]),
);

const servers = await Servers.start(settings.users);
try {
  await bench(folder);
} finally {
  await servers.stop();
}

async function bench(folder: string): Promise<void> {
  const here = { server: await servers.service(own), client: servers.client };
  const there = await servers.other(folder, settings.users);
  const { issuer, postgresPid } = servers;
  const table: Beside[] = [];
  for (const operation of operations) {
    const pairs: [Measured, Measured][] = [];
    // The first two rounds warm up.
    for (let round = -2; round < rounds; round += 1) {
      const run = ({ server, client }: typeof here) =>
        measure({ client, issuer, postgresPid }, server, operation, settings);
      // Who is first takes turns, too.
      const isFirst = round % 2 === 0;
      const early = await run(isFirst ? here : there);
      const late = await run(isFirst ? there : here);
      if (round >= 0) pairs.push(isFirst ? [early, late] : [late, early]);
    }
    table.push({ operation, pairs });
  }
  console.log(besideTable(table));
}
