import { parseArgs } from 'node:util';
import setUp from '../support/global-setup.js';
import tearDown from '../support/global-teardown.js';
import type { Row } from './part.js';
import { MEASURED, PARTS } from './parts.js';
import { table } from './table.js';

/**
 * `npm run prove [-- part …] [--short] [--seed n] [--minutes n]`: tries to break what is promised, from a
 * printed seed, and ends with a table. 1 as exit code if anything was not as promised.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    short: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '1' },
  },
});
const parts = [...PARTS, ...MEASURED];
const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
const numbers = { seed: Number(values.seed), minutes: Number(values.minutes) };
if (unknown.length > 0 || !Object.values(numbers).every(Number.isFinite)) {
  const names = parts.map(({ name }) => name).join('|');
  console.error(`npm run prove -- [${names}] … [--short] [--seed n] [--minutes n]`);
  process.exit(2);
}

const settings = { ...numbers, isShort: values.short };
console.log(`seed ${settings.seed}`);
const rows: [part: string, Row][] = [];
await setUp();
try {
  for (const part of parts) {
    const { name } = part;
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const start = performance.now();
    const own = await part
      .run(settings)
      .catch((error: unknown): Row[] => [
        { claim: 'the part runs to its end', cases: 1, faults: [String((error as Error).stack)] },
      ]);
    console.log(`${name}: ${Math.round((performance.now() - start) / 1_000)} s`);
    // In case that it is not let run to its end.
    console.log(table(own.map((row) => [name, row])));
    rows.push(...own.map((row): [string, Row] => [name, row]));
  }
} finally {
  await tearDown();
}
console.log(table(rows));
process.exit(rows.some(([, { faults }]) => faults.length > 0) ? 1 : 0);
