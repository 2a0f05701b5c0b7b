import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { isRunning, readPostmaster } from '../../src/database/postmaster.js';
import setUp from '../support/global-setup.js';
import { testServer } from '../support/test-server.js';
import { type Part, PARTS } from './folders.js';

/**
 * `npm run mutation [-- folder …]`: changes the sources of a folder, or file, in many small ways, in a copy, and
 * tells which changes no test notices. What was found is remembered in .data/mutation, by file and test.
 */
const paths = process.argv.slice(2).map((path) => `src/${path}`);
const isAsked = (file: string) => paths.length === 0 || paths.some((path) => file.startsWith(path));
const parts = PARTS.map((part) => ({
  ...part,
  name: part.mutate[0]?.slice('src/'.length, -'.ts'.length).replaceAll('/', '.') ?? '',
  mutate: part.mutate.filter(isAsked),
})).filter(({ mutate }) => mutate.length > 0);

if (parts.length === 0) throw new Error(`folders.ts has none of ${paths.join(', ')}`);

const tempDirName = mkdtempSync(join(tmpdir(), 'nameplate-mutation-'));
const REPORTS = '.data/mutation';
mkdirSync(REPORTS, { recursive: true });

const mutate = ({ name, mutate: sources, tests, isServed, isMadeOnce }: Part & { name: string }) =>
  new Stryker({
    mutate: sources,
    // In a copy: whatever happens, sources stay as they are.
    tempDirName,
    ignorePatterns: ['.data', 'bench', 'deploy', 'dist', 'examples'],
    plugins: ['@stryker-mutator/jest-runner', './test/mutation/ignore-documentation.ts'],
    ignorers: ['documentation'],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
    jest: {
      configFile: 'jest.config.js',
      enableFindRelatedTests: false,
      config: {
        testEnvironment: './test/mutation/environment.js',
        testMatch: (isServed ? ['test/mutation/suites.ts'] : tests).map(
          (file) => `<rootDir>/${file}`,
        ),
        globals: { suites: tests },
        // One PostgreSQL is there for all mutants.
        ...{ globalSetup: null, globalTeardown: null },
        // A test that waits for what a mutant never does has failed; good ones take milliseconds.
        testTimeout: 60_000,
      },
    },
    coverageAnalysis: isMadeOnce ? 'all' : 'perTest',
    concurrency: 2,
    // Jest never lets go of what it has loaded.
    maxTestRunnerReuse: 20,
    // For what hangs; a busy machine must not come near it.
    timeoutMS: 180_000,
    reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    jsonReporter: { fileName: `${REPORTS}/${name}.json` },
    htmlReporter: { fileName: `${REPORTS}/${name}.html` },
    incremental: true,
    incrementalFile: `${REPORTS}/${name}.incremental.json`,
  }).runMutationTest();

/** Also after Ctrl-C, when Stryker ends the process as soon as it has stopped its own. */
process.once('exit', () => {
  const { folder } = testServer.current ?? {};
  const postmaster = folder && readPostmaster(join(folder, 'postgres'));
  if (postmaster) process.kill(postmaster.pid, 'SIGQUIT');
  while (postmaster && isRunning(postmaster))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  for (const path of [folder, tempDirName])
    if (path) rmSync(path, { recursive: true, force: true });
});

if (parts.some(({ isServed }) => isServed)) await setUp();
const rows: Record<string, Record<string, number>> = {};
for (const part of parts)
  for (const { fileName, status } of await mutate(part))
    for (const row of [relative('.', fileName), 'all']) {
      const counts = (rows[row] ??= { Killed: 0, Timeout: 0, Survived: 0, NoCoverage: 0 });
      counts[status] = (counts[status] ?? 0) + 1;
    }
for (const [row, { Killed = 0, Timeout = 0, ...others }] of Object.entries(rows)) {
  const found = Killed + Timeout;
  const score = (100 * found) / (found + (others['Survived'] ?? 0) + (others['NoCoverage'] ?? 0));
  rows[row] = { score: Math.round(score * 10) / 10, Killed, Timeout, ...others };
}
console.table(rows);
process.exit();
