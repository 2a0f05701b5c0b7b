import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { isAlive, Place } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';
import { TestIssuer } from '../support/test-issuer.js';

let place: Place;
let port: number;

beforeAll(async () => {
  place = await Place.find();
  port = place.port;
});
afterEach(() => place.stopAll());
afterAll(() => place.remove());

const token = (...args: string[]) => place.token(args);

const known = new Map<string, string>();
/** Made once: a token outlives every start of the service that made it. */
function tokenOf(kind: 'user' | 'management'): string {
  const made = known.get(kind) ?? token(kind).stdout.trim();
  known.set(kind, made);
  return made;
}

async function patchDemo(name: string): Promise<number> {
  const response = await fetch(`http://localhost:${port}/api/profile`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${tokenOf('user')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name }),
  });
  return response.status;
}

async function demoName(): Promise<unknown> {
  const response = await fetch(`http://localhost:${port}/api/users/demo`, {
    headers: { authorization: `Bearer ${tokenOf('management')}` },
  });
  return ((await response.json()) as { name: unknown }).name;
}

/** As soon as nothing listens there. */
async function takePort(port: number): Promise<Server> {
  for (;;) {
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      return server;
    } catch {
      await sleep(1);
    }
  }
}

/** Waits until the service can write again. */
async function recovers(name: string): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
    const status = await patchDemo(name).catch(() => 0);
    if (status === 200) return;
    expect([0, 503]).toContain(status);
    await sleep(250);
  }
  throw new Error('the service did not come back');
}

describe('a start with nothing configured', () => {
  it('prints two curl lines that answer 200 when pasted', async () => {
    const service = await place.start();
    await service.says(/api\/users\/demo.*\n/);
    const lines = service.output.split('\n').filter((line) => line.startsWith('curl '));
    expect(lines).toHaveLength(2);
    // Neither the start nor a probe writes anything below them.
    expect((await fetch(`http://localhost:${port}/health/ready`)).status).toBe(200);
    expect(service.output.trimEnd().split('\n').at(-1)).toBe(lines[1]);
    for (const line of lines) {
      expect(line.length).toBeLessThan(200);
      const stdout = place.paste(`${line} -s -w ' %{http_code}'`);
      expect(stdout).toMatch(/"id":"demo".* 200$/s);
    }
  });

  it('has a log for people, and gives tokens to this machine alone', async () => {
    const service = await place.start();
    const tokens = (headers: Record<string, string> = {}) =>
      spawnSync(
        'curl',
        ['-s', `http://127.0.0.1:${port}/development-issuer/tokens`].concat(
          ...Object.entries(headers).map(([name, value]) => ['-H', `${name}: ${value}`]),
        ),
        { encoding: 'utf8' },
      ).stdout;
    const { managementToken, userToken } = JSON.parse(tokens()) as Record<string, string>;
    expect((await place.send(managementToken ?? '', 'GET', '/users/demo')).status).toBe(200);
    expect((await place.send(userToken ?? '', 'GET', '/profile')).status).toBe(200);
    expect(tokens({ Host: `rebound.example:${port}` })).toMatch(/"request.route_not_found"/);
    await service.says(/^\[\d\d:\d\d:\d\d\] INFO: GET \/api\/profile 200 [\d.]+ ms/m);
  });

  it('but hosts of tenants tells how to make one', async () => {
    const service = await place.start({ TENANT_HOSTS: '*.localhost' });
    await service.says(/TENANT_HOSTS='\*\.localhost' npm run -s tenant -- add acme\n/);
    await service.says(/-- user \| management --tenant acme, or operator\n/);
    expect(service.output).not.toContain('curl ');
  });

  it('leads one user through every route with curl (scripts/walk.sh)', async () => {
    await place.start();
    const { stdout, stderr } = spawnSync('sh', [resolve('scripts/walk.sh')], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'] ?? '',
        BASE_URL: `http://localhost:${port}`,
        USER_TOKEN: token('user', 'walker').stdout.trim(),
        MANAGEMENT_TOKEN: token('management').stdout.trim(),
      },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^54 answers, all as they should be\n$/);
  });

  it('finds its data again, and Ctrl-C leaves no process behind', async () => {
    const first = await place.start();
    expect(await patchDemo('kept')).toBe(200);
    const pid = place.postgresPid();
    const database = place.databaseUrl();
    expect(isAlive(pid)).toBe(true);
    expect(await first.stop()).toBe(0);
    expect(isAlive(pid)).toBe(false);
    await place.start();
    expect(await demoName()).toBe('kept');
    // Where others, such as the mirror, have known it.
    expect(place.databaseUrl()).toBe(database);
  });

  it('comes back after a kill -9 of the service, with nothing lost', async () => {
    const first = await place.start();
    expect(await patchDemo('before kill 1')).toBe(200);
    await first.kill();
    const second = await place.start();
    expect(await demoName()).toBe('before kill 1');
    const pid = place.postgresPid();
    await second.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('comes back by itself after a kill -9 of PostgreSQL, with nothing lost', async () => {
    await place.start();
    expect(await patchDemo('before kill 2')).toBe(200);
    process.kill(place.postgresPid() ?? 0, 'SIGKILL');
    await recovers('after kill 2');
    expect(await demoName()).toBe('after kill 2');
  });

  it('tells that another program has taken the port of PostgreSQL, and comes back once it is free', async () => {
    const service = await place.start();
    const port = Number(new URL(place.databaseUrl()).port);
    process.kill(place.postgresPid() ?? 0, 'SIGKILL');
    const other = await takePort(port);
    await service.says(/PostgreSQL is gone and cannot start yet/);
    other.close();
    await recovers('after the other program');
  });

  it('comes back after a kill -9 of both, with nothing lost', async () => {
    const first = await place.start();
    expect(await patchDemo('before kill 3')).toBe(200);
    process.kill(place.postgresPid() ?? 0, 'SIGKILL');
    await first.kill();
    await place.start();
    expect(await demoName()).toBe('before kill 3');
  });

  it('goes on when it cannot keep its port for the token command, and that one without', async () => {
    const file = join(place.folder, '.data', 'port');
    rmSync(file, { force: true });
    mkdirSync(file);
    const service = await place.start();
    await service.says(/cannot be written, so npm run token and tenant want PORT=/);
    expect(token('user').status).toBe(0);
    rmdirSync(file);
  });

  it('tells a second start what is taken, and goes on itself', async () => {
    await place.start();
    const second = place.spawn();
    expect(await second.exit).toBe(1);
    expect(second.output).toContain('.data is in use by another nameplate');
    expect(await patchDemo('still here')).toBe(200);
  });

  it('lets only one of two starts at the same moment through', async () => {
    const both = [place.spawn(), place.spawn()];
    const ended = both.map(async (service) => ({ service, code: await service.exit }));
    const { service: loser, code } = await Promise.race(ended);
    expect(code).toBe(1);
    await both.find((service) => service !== loser)?.says(/Swagger UI/);
    expect(await patchDemo('one of two')).toBe(200);
  });

  it('says which port is taken, and leaves no process behind', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    const service = place.spawn();
    expect(await service.exit).toBe(1);
    expect(service.output).toContain(`Port ${port} is taken`);
    expect(isAlive(place.postgresPid())).toBe(false);
    other.close();
  });
});

describe('npm run token', () => {
  it('prints one token and nothing else, with the subject, scope and expiry asked for', async () => {
    const { stdout, status } = token(
      'user',
      'ada',
      '--scope',
      'profile email',
      '--expires-in',
      '60',
    );
    expect(status).toBe(0);
    const claims = JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString()) as {
      iat: number;
      exp: number;
    };
    expect(claims).toMatchObject({ sub: 'ada', scope: 'profile email' });
    expect(claims.exp - claims.iat).toBe(60);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it.each([
    [[]],
    [['admin']],
    [['management', 'ada']],
    [['user', '--expires-in', 'soon']],
    [['user', '--nope']],
  ])('refuses %j and says how it is used', (args) => {
    const { stdout, stderr, status } = token(...args);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).not.toBe('');
  });
});

describe('production', () => {
  const production = { NODE_ENV: 'production' };

  it('demands a database and an issuer, and starts nothing embedded', async () => {
    const service = place.spawn(production);
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(/DATABASE_URL: is required in production/);
    expect(service.output).toMatch(/AUTH_ISSUER: is required in production/);
    expect(isAlive(place.postgresPid())).toBe(false);
  });

  it('has no development tokens', () => {
    const { status, stderr } = place.token(['user'], production);
    expect(status).toBe(2);
    expect(stderr).toContain('no development tokens in production');
  });

  it('runs on the given database and issuer, without a development route', async () => {
    const [database, issuer] = await Promise.all([createTestDatabase(), TestIssuer.start()]);
    const service = await place.start({
      ...production,
      DATABASE_URL: database.url,
      AUTH_ISSUER: issuer.url,
    });
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect((await get('/health/ready')).status).toBe(200);
    for (const path of ['/', '/development-issuer/jwks', '/development-issuer/tokens'])
      expect((await get(path)).status).toBe(404);
    for (const line of service.output.trim().split('\n')) expect(line).toMatch(/^\{.*\}$/);
    expect(isAlive(place.postgresPid())).toBe(false);
    expect(await service.stop()).toBe(0);
    await issuer.stop();
    await database.drop();
  });

  it('does not start on a database that cannot be reached, and keeps its address to itself', async () => {
    const service = place.spawn({
      ...production,
      DATABASE_URL: `postgres://u:secret@127.0.0.1:${await freePort()}/d`,
      AUTH_ISSUER: 'https://issuer.example',
    });
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(/^DATABASE_URL: .*ECONNREFUSED/m);
    expect(service.output).not.toContain('secret');
  });

  it('does not start on a database whose encoding would lose characters', async () => {
    const database = await createTestDatabase(
      `template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'`,
    );
    const service = place.spawn({
      ...production,
      DATABASE_URL: database.url,
      AUTH_ISSUER: 'https://issuer.example',
    });
    expect(await service.exit).toBe(1);
    expect(service.output).toContain('encoding of the database is LATIN1');
    await database.drop();
  });

  it('does not start on a database that lacks a migration', async () => {
    const database = await createTestDatabase('template0');
    const service = place.spawn({
      ...production,
      DATABASE_URL: database.url,
      AUTH_ISSUER: 'https://issuer.example',
    });
    expect(await service.exit).toBe(1);
    expect(service.output).toContain('npm run migration:run');
    await database.drop();
  });

  it('has its schema made and undone by the build alone', async () => {
    const database = await createTestDatabase('template0');
    const settings = { DATABASE_URL: database.url };
    expect(place.migrate('run', settings).status).toBe(0);
    const service = await place.start({
      ...production,
      DATABASE_URL: database.url,
      AUTH_ISSUER: 'http://127.0.0.1:1',
    });
    await service.stop();
    expect(place.migrate('revert', settings).output).toContain('has been reverted');
    await database.drop();
  });
});

describe('an AUTH_ISSUER that is away', () => {
  it('is told at start, and the service starts', async () => {
    const database = await createTestDatabase();
    const dead = `http://127.0.0.1:${await freePort()}/x?secret=1`;
    const service = await place.start({ DATABASE_URL: database.url, AUTH_ISSUER: dead });
    await service.says(/AUTH_ISSUER: .*127\.0\.0\.1:\d+\/x.*ECONNREFUSED/);
    expect(service.output).not.toContain('secret');
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(503);
    await service.stop();
    await database.drop();
  });
});
