import { spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Place, Service } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

let place: Place;

beforeAll(async () => {
  place = await Place.find();
});
afterEach(() => place.stopAll());
afterAll(() => place.remove());

it('answers from its bundle the API document of its sources, and Swagger UI', async () => {
  await place.start();
  const get = (path: string) => fetch(`http://127.0.0.1:${place.port}${path}`);
  const document: unknown = await (await get('/openapi.json')).json();
  expect(document).toEqual(JSON.parse(readFileSync('openapi.json', 'utf8')));
  expect((await get('/docs')).status).toBe(200);
  expect((await get('/docs/swagger-ui-bundle.js')).status).toBe(200);
});

it.each(['serve', 'migrate', 'tenant', 'distribute'])('of %s has the packages in it', (name) => {
  expect(readFileSync(`dist/${name}.js`, 'utf8')).not.toMatch(/from ?["'](typeorm|@nestjs\/)/);
});

/** What a file imports at once, with itself. */
function loadedWith(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
    /\b(?:from|import) ?"(\.[^"]+\.js)"/g,
  ))
    loadedWith(join(dirname(file), path), loaded);
  return loaded;
}

it('loads what sends traces only where they are on', () => {
  const sends = (file: string) => readFileSync(file, 'utf8').includes('BatchSpanProcessor');
  const chunks = readdirSync('dist/bundle').filter((file) => file.endsWith('.js'));
  expect(chunks.filter((file) => sends(join('dist/bundle', file)))).not.toEqual([]);
  const loaded = [...loadedWith('dist/serve.js')];
  expect(loaded.length).toBeGreaterThan(5);
  expect(loaded.filter(sends)).toEqual([]);
});

it('migrates, serves, and has its commands with nothing beside it but what the image has', async () => {
  const database = await createTestDatabase('template0');
  const packages = [
    ...readFileSync('Dockerfile', 'utf8').matchAll(/\/app\/(node_modules\/\S+) /g),
  ].map(([, path = '']) => path);
  for (const path of ['package.json', 'dist', ...packages])
    cpSync(path, join(place.folder, path), { recursive: true });
  const settings = {
    ...{ DATABASE_URL: database.url, AUTH_ISSUER: 'https://issuer.invalid' },
    ...{ NODE_ENV: 'production', PORT: String(place.port), HOST: '127.0.0.1' },
  };
  const run = (...args: string[]) =>
    spawn(process.execPath, args, { cwd: place.folder, env: settings, stdio: 'pipe' });
  const outcome = async (...args: string[]) => {
    const service = new Service(run(...args));
    return { status: await service.exit, output: service.output };
  };
  expect((await outcome('dist/migrate.js', 'run')).status).toBe(0);
  expect((await outcome('dist/tenant.js', 'list')).output).toMatch(/^TENANT_HOSTS: is not set/);
  expect((await outcome('dist/distribute.js')).output).toMatch(/PostgreSQL without Citus/);
  const service = new Service(run('dist/main.js'));
  await service.says(/Server listening/);
  const status = async (path: string) =>
    (await fetch(`http://127.0.0.1:${place.port}${path}`)).status;
  expect(await status('/health/live')).toBe(200);
  expect(await status('/docs/swagger-ui-bundle.js')).toBe(200);
  await service.stop();
  await database.drop();
});
