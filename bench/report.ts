import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { format } from 'prettier';
import { chart } from './chart.js';
import type { Settings, Started } from './measure.js';
import type { Servers } from './servers.js';
import { operationsTable, type Row, type Size, sizesTable, startLine } from './tables.js';

const PAGE = 'docs/benchmarks.md';
const CHART = 'docs/benchmarks.svg';

export interface Report {
  rows: Row[];
  start: Started;
  settings: Settings;
  rounds: number;
  servers: Servers;
}

/** Writes what `npm run bench` has measured into the page, and draws its chart. */
export async function writeReport({ rows, start, settings, rounds, servers }: Report) {
  const { users, connections, seconds } = settings;
  const conditions =
    `${await machine(servers)} ${users.toLocaleString('en')} users, ${connections} connections, ` +
    `the median of ${rounds} rounds of ${seconds} s.`;
  writeFileSync(CHART, chart(rows));
  await write('operations', [
    conditions,
    startLine(start),
    '![Requests a second as a ratio to the bare server](benchmarks.svg)',
    operationsTable(rows),
  ]);
}

/** Writes what `npm run bench:scale` has measured into the page. */
export async function writeSizes(
  sizes: Size[],
  { connections, seconds }: Settings,
  servers: Servers,
) {
  const conditions = `${await machine(servers)} ${connections} connections, ${seconds} s each.`;
  await write('scale', [conditions, sizesTable(sizes)]);
}

/** Replaces what stands between the marks of a section. */
async function write(section: string, paragraphs: string[]): Promise<void> {
  const [from, to] = [`<!-- ${section}: written by the bench -->`, `<!-- /${section} -->`];
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = [page.indexOf(from) + from.length, page.indexOf(to)];
  const text = [page.slice(0, start), ...paragraphs, page.slice(end)].join('\n\n');
  writeFileSync(PAGE, await format(text, { parser: 'markdown', printWidth: 100 }));
}

/** Where and with what it was measured. */
async function machine({ client }: Servers): Promise<string> {
  const { rows } = await client.query<{ version: string }>(
    `SELECT split_part(version(), ' ', 2) AS version`,
  );
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `Commit ${commit}, ${new Date().toISOString().slice(0, 10)}; ${cpus().length} × ` +
    `${cpus()[0]?.model.trim()}, ${memory} GiB; Node ${process.versions.node}, ` +
    `PostgreSQL ${rows[0]?.version}; the load on the same machine.`
  );
}
