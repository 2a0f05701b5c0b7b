import { parseArgs } from 'node:util';
import { measure, type Measured, median } from './measure.js';
import { writeSizes } from './report.js';
import { Servers } from './servers.js';
import { type Size, sizesTable } from './tables.js';
import { addUsers } from './users.js';

/**
 * `npm run bench:scale`: what a GET and a PATCH cost with 10,000 users, and with ten times as many, up
 * to `--most` (1,000,000 if left out). `--report` writes docs/benchmarks.md.
 */
const { values } = parseArgs({
  options: {
    most: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    report: { type: 'boolean', default: false },
  },
});
const LEAST = 10_000;
const OPERATIONS = ['get', 'patch-name'];
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const rounds = Number(values.rounds);

const servers = await Servers.start(LEAST);
try {
  await bench();
} finally {
  await servers.stop();
}

async function bench(): Promise<void> {
  const [service, bare] = [await servers.service(), await servers.bare()];
  const sizes: Size[] = [];
  for (let users = LEAST; users <= Number(values.most); users *= 10) {
    if (users > LEAST) await addUsers(servers.client, users / 10 + 1, users);
    const settings = { users, connections, seconds };
    for (const operation of OPERATIONS) {
      const measured: Measured[] = [];
      const bares: Measured[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const ofBare = await measure(servers, bare, operation, settings);
        const ofService = await measure(servers, service, operation, settings);
        // The first round warms up.
        if (round === 0) continue;
        bares.push(ofBare);
        measured.push(ofService);
      }
      sizes.push({ users, operation, measured: median(measured), bare: median(bares) });
    }
  }
  sizes.sort((a, b) => OPERATIONS.indexOf(a.operation) - OPERATIONS.indexOf(b.operation));
  console.log(sizesTable(sizes));
  if (values.report) await writeSizes(sizes, { users: 0, connections, seconds }, servers);
}
