import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import setUp from '../support/global-setup.js';
import tearDown from '../support/global-teardown.js';
import { FOLDERS, type Part } from './folders.js';

/**
 * `npm run mutation [-- folder …]`: changes the sources of a folder in many small ways, in a copy, and tells
 * which changes no test notices. What was found is remembered in .data/mutation, by file and test.
 */
const folders = process.argv.slice(2);
const unknown = folders.filter((name) => !(name in FOLDERS));
if (unknown.length > 0) {
  console.error(`npm run mutation -- [${Object.keys(FOLDERS).join('|')}] …`);
  process.exit(2);
}

const REPORTS = '.data/mutation';
mkdirSync(REPORTS, { recursive: true });

const mutate = (name: string, { mutate: sources, tests, isServed = false }: Part) =>
  new Stryker({
    mutate: sources,
    // In a copy: whatever happens, sources stay as they are.
    tempDirName: join(tmpdir(), 'nameplate-mutation'),
    cleanTempDir: 'always',
    ignorePatterns: ['.data', 'bench', 'deploy', 'dist', 'docs', 'examples'],
    plugins: ['@stryker-mutator/jest-runner', './test/mutation/ignore-documentation.ts'],
    ignorers: ['documentation'],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
    jest: {
      configFile: 'jest.config.js',
      enableFindRelatedTests: false,
      config: {
        testMatch: (isServed ? ['test/mutation/suites.ts'] : tests).map(
          (file) => `<rootDir>/${file}`,
        ),
        globals: { suites: tests },
        // One PostgreSQL is there for all mutants.
        ...{ globalSetup: null, globalTeardown: null },
        // A test that waits for what a mutant never does has failed; good ones take milliseconds.
        testTimeout: 30_000,
      },
    },
    coverageAnalysis: 'perTest',
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

await setUp();
for (const [folder, parts] of Object.entries(FOLDERS)) {
  if (folders.length > 0 && !folders.includes(folder)) continue;
  const start = performance.now();
  const counts: Record<string, number> = {};
  for (const [index, part] of parts.entries())
    for (const { status } of await mutate(`${folder}-${index}`, part))
      counts[status] = (counts[status] ?? 0) + 1;
  const { Killed = 0, Timeout = 0, Survived = 0, NoCoverage = 0 } = counts;
  const found = Killed + Timeout;
  const score = (100 * found) / (found + Survived + NoCoverage);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${folder}: ${score.toFixed(1)} % ${JSON.stringify(counts)}, ${seconds} s`);
}
await tearDown();
