import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'clients-'));
  cpSync('test/contract/clients', place, { recursive: true });
  cpSync('openapi.json', join(place, 'openapi.json'));
});
afterAll(() => rmSync(place, { recursive: true }));

/** What a program of a package says when it fails; there, since here it would find our redocly.yaml. */
const run = (program: string, ...options: string[]) =>
  promisify(execFile)(resolve('node_modules', '.bin', program), options, { cwd: place }).then(
    () => '',
    (error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return stdout + stderr || program;
    },
  );

/** Whatever is strict in one generator may be lax in another: both read the committed document. */
it('what openapi-typescript and @hey-api/openapi-ts make of the API document has the right types', async () => {
  const failed = await Promise.all([
    run('openapi-typescript', 'openapi.json', '-o', 'generated/openapi-typescript.ts'),
    run(
      'openapi-ts',
      ...['-i', 'openapi.json', '-o', 'generated/hey-api', '-p', '@hey-api/typescript', '-s'],
      '--no-log-file',
    ),
  ]);
  expect(failed).toEqual(['', '']);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  const files = ['openapi-typescript.ts', 'hey-api.ts'];
  expect(await run('tsc', ...options, ...files)).toBe('');
});
