import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { freePort } from '../../src/database/loopback-port.js';
import { until } from '../support/receiver.js';
import { Place, TSX, versionOf } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** `MIRROR_CHANGES=10000 npm test -- mirror` makes as many as the README tells of. */
const CHANGES = Number(process.env['MIRROR_CHANGES'] ?? 1_000);
const WRITERS = 12;
const USERS = 60;

const SETTINGS = { HOOKS_ALLOW_PRIVATE_TARGETS: 'on', HOOKS_RETRY_DELAY_SECONDS: '1' };

let place: Place;
let token: string;
beforeAll(async () => {
  const built = spawnSync('npm', ['run', '-s', 'build:mirror']);
  expect(built.stdout.toString() + built.stderr.toString()).toBe('');
  place = await Place.find();
  await place.start(SETTINGS);
  token = place.token(['management', '--expires-in', '3600']).stdout.trim();
}, 300_000);
afterAll(async () => {
  await place.stopAll();
  place.remove();
});

const send = (method: string, path: string, body?: object) => place.send(token, method, path, body);

const random = (below: number) => Math.floor(Math.random() * below);

/** Any change of any user; many are refused, and many users are deleted and made again. */
function changeAtRandom(): Promise<Response> {
  const id = `user${random(USERS)}`;
  const dice = random(100);
  if (dice < 8) return send('POST', '/users', { id, name: `made ${random(1e6)}` });
  if (dice < 12) return send('DELETE', `/users/${id}`);
  if (dice < 20) return send('PATCH', `/users/${id}/is-suspended`, { isSuspended: dice % 2 === 0 });
  if (dice < 26)
    return send('PUT', `/users/${id}/identities/github`, { userId: `g${random(1e6)}` });
  if (dice < 50) {
    const customData = { [`key${random(5)}`]: random(1e6) };
    return send('PATCH', `/users/${id}/custom-data`, { customData });
  }
  if (dice < 60) return send('PATCH', `/users/${id}`, { username: `name${random(30)}` });
  return send('PATCH', `/users/${id}`, { name: `changed ${random(1e6)}`, profile: { zip: dice } });
}

/** Makes this many changes that are acknowledged; meanwhile each crash, at equal distances. */
async function makeChanges(count: number, crashes: (() => unknown)[]): Promise<void> {
  let done = 0;
  const crasher = async () => {
    for (const [index, crash] of crashes.entries()) {
      while (done < ((index + 1) * count) / (crashes.length + 1)) await sleep(20);
      await crash();
    }
  };
  const writer = async () => {
    while (done < count)
      try {
        const response = await changeAtRandom();
        await response.body?.cancel();
        if (response.ok) done += 1;
        else expect([404, 422, 503]).toContain(response.status);
      } catch {
        await sleep(100);
      }
  };
  await Promise.all([crasher(), ...Array.from({ length: WRITERS }, writer)]);
}

/** The example as a process. */
class MirrorProcess {
  private child: ChildProcess | undefined;

  constructor(private readonly env: Record<string, string>) {}

  start(): void {
    this.child = spawn(process.execPath, [resolve('examples/mirror/dist/main.js')], {
      env: { PATH: process.env['PATH'] ?? '', ...this.env },
      stdio: 'ignore',
    });
  }

  async kill(): Promise<void> {
    // It must not have ended by itself.
    expect(this.child?.exitCode).toBeNull();
    const gone = new Promise((done) => this.child?.once('exit', done));
    this.child?.kill('SIGKILL');
    await gone;
  }
}

type Users = Record<string, { version: number; user: unknown }>;

async function source(): Promise<Users> {
  const users: Users = {};
  for (let n = 0; n < USERS; n += 1) {
    const response = await send('GET', `/users/user${n}`);
    const user = (await response.json()) as { id: string };
    if (response.ok) users[user.id] = { version: versionOf(response), user };
  }
  return users;
}

async function copy({ client }: TestDatabase): Promise<Users> {
  const { rows } = await client.query<{ id: string; version: string; user: unknown }>(
    `SELECT id, version, profile AS user FROM mirrored_users
     WHERE profile IS NOT NULL AND id LIKE 'user%'`,
  );
  return Object.fromEntries(
    rows.map(({ id, version, user }) => [id, { version: Number(version), user }]),
  );
}

/** Waits until the copy is equal, and fails with the difference when it does not become so. */
async function isCopied(database: TestDatabase, expected: Users): Promise<void> {
  for (let waited = 0; ; waited += 250)
    try {
      expect(await copy(database)).toEqual(expected);
      return;
    } catch (difference) {
      if (waited > 100_000) throw difference;
      await sleep(250);
    }
}

/** A hook that leads to the mirror, and is to get everything that ever happened. */
async function makeHook(port: number): Promise<string> {
  const made = await send('POST', '/hooks', { url: `http://127.0.0.1:${port}/hook` });
  const { id, secret } = (await made.json()) as { id: string; secret: string };
  expect((await send('POST', `/hooks/${id}/replay`, { after: 0 })).status).toBe(202);
  return secret;
}

/**
 * Changes a user, and takes that back once it is copied: as a standby does that is promoted without the
 * last events.
 */
async function loseAChange(copied: TestDatabase): Promise<void> {
  await send('POST', '/users', { id: 'user0' });
  await send('PATCH', '/users/user0', { name: 'kept' });
  const feed = await send('GET', '/events?limit=1');
  const last = Number(feed.headers.get('last-sequence'));
  await send('PATCH', '/users/user0', { name: 'lost' });
  await isCopied(copied, await source());
  const client = new Client(place.databaseUrl());
  await client.connect();
  await client.query(`
    BEGIN;
    SELECT FROM user_event_sequences WHERE tenant_id = 'default' FOR UPDATE;
    DELETE FROM user_events WHERE sequence > ${last};
    DELETE FROM hook_deliveries WHERE sequence > ${last};
    UPDATE hooks SET last_sequence = least(last_sequence, ${last});
    UPDATE users SET name = 'kept', version = version - 1 WHERE id = 'user0';
    UPDATE user_event_sequences SET last = ${last}, epoch = '';
    COMMIT`);
  await client.end();
}

async function mirrored(url: string): Promise<string[]> {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM mirrored_users');
  await client.end();
  return rows.map(({ id }) => id);
}

describe('the mirror of the examples', () => {
  it('runs beside a nameplate of development with nothing set, and colours no file', async () => {
    const url = place.databaseUrl().replace(/postgres$/, 'mirror');
    // As long as an id may be.
    const first = 'f'.repeat(255);
    expect((await send('POST', '/users', { id: first })).status).toBe(201);
    // The second one finds its database.
    for (let starts = 0; starts < 2; starts += 1) {
      const mirror = place.run([...TSX, resolve('examples/mirror/development.ts')], {
        MIRROR_PORT: String(await freePort()),
      });
      await mirror.says(/feed: followed/);
      expect(mirror.output).not.toContain('\x1b');
      await until(async () => (await mirrored(url)).includes(first));
      expect(await mirrored(url)).toContain(first);
      await mirror.stop();
    }
  });

  it.each<[string, (port: number) => Promise<Record<string, string>>]>([
    ['the feed', () => Promise.resolve({})],
    [
      'a webhook',
      async (port) => ({ MIRROR_FEED: 'off', MIRROR_HOOK_SECRET: await makeHook(port) }),
    ],
  ])(
    'ends equal to the source, from %s, whatever crashes in between',
    async (_, settingsFor) => {
      const database = await createTestDatabase('template0');
      const port = await freePort();
      const mirror = new MirrorProcess({
        NAMEPLATE_URL: `http://127.0.0.1:${place.port}`,
        NAMEPLATE_TOKEN: token,
        MIRROR_DATABASE_URL: database.url,
        MIRROR_PORT: String(port),
        ...(await settingsFor(port)),
      });
      mirror.start();
      await makeChanges(CHANGES, [
        () => mirror.kill().then(() => mirror.start()),
        () => place.killAll().then(() => place.start(SETTINGS)),
        () => process.kill(place.postgresPid() ?? 0, 'SIGKILL'),
        () => mirror.kill().then(() => mirror.start()),
      ]);
      const expected = await source();
      expect(Object.keys(expected).length).toBeGreaterThan(USERS / 4);
      await isCopied(database, expected);
      await loseAChange(database);
      const survived = await source();
      expect(survived['user0']?.user).toMatchObject({ name: 'kept' });
      await isCopied(database, survived);
      await mirror.kill();
      await database.drop();
    },
    400_000,
  );
});
