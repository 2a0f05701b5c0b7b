import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import { VERSION } from '../../src/config/version.js';
import { parseJson } from '../../src/json/parse-json.js';
import { Place } from '../support/service.js';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const { scripts, bin } = parseJson(read('package.json')) as {
  scripts: Record<string, string>;
  bin: { nameplate: string };
};

describe('the version', () => {
  it('is the same wherever it stands', () => {
    const { info } = parseJson(read('openapi.json')) as { info: { version: string } };
    const lock = parseJson(read('package-lock.json')) as { version: string };
    const chart = load(read('deploy/helm/nameplate/Chart.yaml')) as Record<string, string>;
    const [, changed] = /^## \[(\d\S*)\]/m.exec(read('CHANGELOG.md')) ?? [];
    expect([info.version, lock.version, chart['appVersion'], changed]).toEqual(
      Array(4).fill(VERSION),
    );
  });
});

describe('the package', () => {
  it('has the build, what it says of itself, and nothing else', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
    });
    const [packed] = Object.values(
      parseJson(stdout) as Record<string, { files: { path: string }[] }>,
    );
    const files = (packed?.files ?? []).map(({ path }) => path);
    expect(files.filter((path) => !path.startsWith('dist/')).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'openapi.json', 'package.json'].sort(),
    );
    expect(files).toContain(bin.nameplate);
    expect(files.filter((path) => path.startsWith('dist/') && !path.endsWith('.js'))).toEqual([]);
  });
});

describe('the command nameplate', () => {
  const command = resolve(bin.nameplate);
  let place: Place;
  beforeAll(async () => {
    place = await Place.find();
  });
  afterEach(() => place.stopAll());
  afterAll(() => place.remove());

  const run = (args: string[], env: Record<string, string> = {}) => {
    const { PATH = '' } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
      cwd: place.folder,
      encoding: 'utf8',
      env: { PATH, ...env },
    });
    return { status, stdout, stderr };
  };

  it('says its version, and what it can do', () => {
    expect(run(['--version'])).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
    const help = run([]);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const name of ['start', 'migrate', 'tenant', 'distribute', 'token'])
      expect(help.stdout).toMatch(new RegExp(`^  nameplate ${name} `, 'm'));
    expect(run(['begin'])).toEqual({ status: 2, stdout: '', stderr: help.stdout });
  });

  it.each([
    ['migrate', [], 1, /^DATABASE_URL: must be set for migrations/],
    ['tenant', ['list'], 1, /^TENANT_HOSTS: is not set/],
    ['distribute', [], 1, /^DATABASE_URL: must be set/],
    ['token', ['nobody'], 2, /^usage: /],
  ])('leads to %s, with what is said to it', (name, args, code, told) => {
    const { status, stderr } = run([name, ...args]);
    expect(stderr).toMatch(told);
    expect(status).toBe(code);
  });

  it('starts the service in its own place, with its heap as npm start has it', async () => {
    const service = place.run([command, 'start']);
    await service.says(/"version":"\d/);
    await service.says(/Swagger UI/);
    expect(service.output).toContain(`"version":"${VERSION}"`);
    expect(readFileSync(`/proc/${service.pid}/cmdline`, 'utf8').replaceAll('\0', ' ')).toContain(
      /node (.*) dist/.exec(scripts['start'] ?? '')?.[1],
    );
    expect(await service.stop()).toBe(0);
  });
});
