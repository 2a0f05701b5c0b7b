import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ENV_NAMES, parseEnv } from '../../src/config/load-env.js';
import { parseJson } from '../../src/json/parse-json.js';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

describe('.env.example', () => {
  const lines = read('.env.example').split('\n');
  const names = lines.flatMap((line) => /^#? ?([A-Z][A-Z_]+)=/.exec(line)?.[1] ?? []);

  it('lists every setting once and nothing else', () => {
    expect(names.sort()).toEqual([...ENV_NAMES].sort());
  });

  it('shows the defaults of the code', () => {
    const defaults = parseEnv({}) as unknown as Record<string, string | number | string[]>;
    for (const line of lines) {
      const [, name = '', value = ''] = /^# ?([A-Z_]+)=(\S+)$/.exec(line) ?? [];
      if (name && defaults[name] !== undefined && !Array.isArray(defaults[name]))
        expect(`${name}=${String(defaults[name])}`).toBe(`${name}=${value}`);
    }
  });
});

describe('docs/dependencies.md', () => {
  const page = read('docs/dependencies.md');
  const listed = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => (line.split('|')[1] ?? '').match(/[^`, ]+/g) ?? []);
  const files = ['package.json', 'packages/client/package.json'];
  const packages = files.flatMap((file) => {
    const lists = parseJson(read(file)) as Record<string, object | undefined>;
    return ['dependencies', 'devDependencies', 'peerDependencies'].flatMap((list) =>
      Object.keys(lists[list] ?? {}),
    );
  });

  it('lists every package once and nothing else', () => {
    expect(listed.sort()).toEqual([...new Set(packages)].sort());
  });
});
