import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { KEYLESS } from '../../packages/client/src/keys.js';
import { snippetsOf } from '../support/snippets.js';

const CLIENT = 'packages/client';
const LARGEST = 15 * 1024;

/** Ignored by all tools, and inside the repository, where the package is found by its name. */
let place: string;
beforeAll(() => {
  mkdirSync(join(CLIENT, 'dist'), { recursive: true });
  place = mkdtempSync(join(CLIENT, 'dist', 'test-'));
});
afterAll(() => rmSync(place, { recursive: true }));

/** What a program of a package says, in a folder where it does not find our redocly.yaml. */
const run = (program: string, cwd: string, ...options: string[]) =>
  promisify(execFile)(resolve('node_modules/.bin', program), options, { cwd }).then(
    () => '',
    (error: unknown) => String((error as { stdout: string }).stdout || error),
  );

const bundle = async (contents: string) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: place },
    conditions: ['nameplate-source'],
    logLevel: 'silent',
    // What only Node has is an error.
    ...({ bundle: true, minify: true, format: 'esm', platform: 'browser', write: false } as const),
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
};

describe('@nameplate/client', () => {
  it('has the types of openapi.json; npm run openapi writes them anew', async () => {
    const written = resolve(place, 'api.ts');
    expect(await run('openapi-typescript', CLIENT, resolve('openapi.json'), '-o', written)).toBe(
      '',
    );
    expect(readFileSync(join(CLIENT, 'src/api.ts'), 'utf8')).toBe(readFileSync(written, 'utf8'));
  });

  it.each(['@nameplate/client', '@nameplate/client/webhook'])(
    'runs in browsers and is small: %s',
    async (name) => {
      const minified = await bundle(`export * from '${name}'`);
      const kept = { minified: minified.length, compressed: gzipSync(minified).length };
      expect(kept.minified).toBeGreaterThan(1_000);
      expect(kept.minified).toBeLessThanOrEqual(LARGEST);
      expect(kept.compressed).toBeLessThanOrEqual(LARGEST / 2);
    },
  );

  it('costs nothing where nothing of it is used', async () => {
    expect((await bundle(`import '@nameplate/client'`)).length).toBe(0);
    const some = await bundle(`import { etagOf } from '@nameplate/client'; console.log(etagOf)`);
    expect(some.length).toBeLessThan(500);
  });

  it('gives a key to every write that takes one', () => {
    const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8'));
    const writes = Object.entries<any>(paths).flatMap(([path, item]) =>
      ['post', 'put', 'patch', 'delete']
        .filter((method) => item[method])
        .map((method) => ({ path, operation: item[method] })),
    );
    expect(writes.length).toBeGreaterThan(20);
    for (const { path, operation } of writes) {
      const takesKey = (operation.parameters as { $ref?: string }[]).some(
        ({ $ref }) => $ref === '#/components/parameters/IdempotencyKey',
      );
      const isKeyless = KEYLESS.some((pattern) => pattern.test(path));
      expect({ path, isKeyless }).toEqual({ path, isKeyless: !takesKey });
    }
  });

  it('has pages whose code is right', async () => {
    const snippets = [...snippetsOf(join(CLIENT, 'README.md')), ...snippetsOf('docs/clients.md')];
    expect(snippets).toHaveLength(6);
    const files = snippets.map((code, index) => {
      writeFileSync(join(place, `${index}.ts`), code);
      return `${index}.ts`;
    });
    const root = resolve('.');
    const config = {
      extends: join(root, 'tsconfig.json'),
      ...{ compilerOptions: { noEmit: true, rootDir: root }, include: [], files },
    };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
    expect(await run('tsc', place, '-p', '.')).toBe('');
  });
});
