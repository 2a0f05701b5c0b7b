import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { countLockWaits, lockWaits } from '../support/lock-waits.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
/** With more connections for what waits than one row may have. */
let wide: TestApp;
let token: string;
let holder: Client;
beforeAll(async () => {
  // One of them for what goes alone of a kind, one for searches.
  app = await TestApp.start({ DATABASE_POOL_SIZE: '4' });
  token = await app.issuer.managementToken();
  wide = await TestApp.start({ DATABASE_POOL_SIZE: '12' }, [], app);
  holder = new Client(app.database.url);
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await wide.stop();
  await app.stop();
});

const sendTo = (
  to: TestApp,
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => to.call({ method, url: `/api/users${path}`, token, body, headers });
const send = (method: string, path: string, body?: object, headers?: Record<string, string>) =>
  sendTo(app, method, path, body, headers);

it('a row that is held takes two connections, however many want to write it, and others go on', async () => {
  const held = await insertUser(app);
  const others = await Promise.all(Array.from({ length: 10 }, () => insertUser(app)));
  const beside = () =>
    Promise.all(
      others.flatMap((id, n) => [
        sendTo(wide, 'PATCH', `/${id}`, { name: unique() }),
        sendTo(wide, 'GET', `/${id}`),
        sendTo(
          wide,
          'PATCH',
          `/${id}`,
          { username: unique() },
          { 'idempotency-key': `${unique()}${n}` },
        ),
      ]),
    );
  // Where connections are opened and statements planned first, the row would be held for too long.
  await beside();
  await holder.query('BEGIN');
  await holder.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [
    held,
  ]);
  const writers = Array.from({ length: 8 }, (_, n) => [
    sendTo(wide, 'PATCH', `/${held}`, { name: unique() }),
    sendTo(wide, 'PUT', `/${held}/identities/t${n}`, { userId: unique() }),
    sendTo(wide, 'PATCH', `/${held}?dryRun=true`, { name: unique() }),
    sendTo(wide, 'PATCH', `/${held}`, { name: unique() }, { 'idempotency-key': unique() }),
  ]).flat();
  await lockWaits(app, 2);
  const statuses = (await beside()).map(({ status }) => status);
  expect(statuses).toEqual(statuses.map(() => 200));
  expect(await countLockWaits(app)).toBe(2);
  await holder.query('ROLLBACK');
  for (const { status } of await Promise.all(writers)) expect([200, 201]).toContain(status);
});

it('a create that waits for a key of an open transaction does not send its neighbours alone', async () => {
  const taken = unique();
  await holder.query('BEGIN');
  await holder.query(
    `INSERT INTO users (tenant_id, id, username, username_key) VALUES ('default', $1, $1, $1)`,
    [taken],
  );
  const late = send('POST', '', { username: taken });
  const neighbours = Array.from({ length: 15 }, () => send('POST', '', { username: unique() }));
  for (const { status } of await Promise.all(neighbours)) expect(status).toBe(201);
  await lockWaits(app, 1);
  await holder.query('ROLLBACK');
  expect((await late).status).toBe(201);
});

it('histories of large events take no more than their share of the connections, and the feed has its turn', async () => {
  const id = await insertUser(app);
  for (let n = 0; n < 8; n += 1) {
    const customData = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, k) => [`${n}-${k}`, k]),
    );
    expect((await send('PATCH', `/${id}`, { customData })).status).toBe(200);
  }
  const another = await app.issuer.managementToken({ client_id: unique() });
  const url = `/api/events?limit=1&types=User.Deleted`;
  let left = 12;
  let most = 0;
  const histories = Array.from({ length: left }, async () => {
    const { status, text } = await send('GET', `/${id}/events`);
    left -= 1;
    return [status, (JSON.parse(text) as unknown[]).length];
  });
  const feed = app
    .call({ method: 'GET', url, token: another })
    .then(({ status }) => [status, left]);
  while (left > 0) most = Math.max(most, await countActive('octet_length(changes)'));
  expect(most).toBe(1);
  const [status, behind] = await feed;
  expect(status).toBe(200);
  expect(behind).toBeGreaterThan(6);
  expect(await Promise.all(histories)).toEqual(Array(12).fill([200, 8]));
});

it('pages of large users take no more than their share of the connections', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, () => insertUser(app)));
  await holder.query(
    `UPDATE users SET custom_data = (SELECT jsonb_object_agg(n, n) FROM generate_series(1, 3000) n)
     WHERE tenant_id = 'default' AND id = ANY ($1)`,
    [ids],
  );
  let left = 8;
  let most = 0;
  const pages = Array.from({ length: left }, async (_, n) => {
    const { status } = await send('GET', `?page_size=${40 + n}&count=none`);
    left -= 1;
    return status;
  });
  while (left > 0) most = Math.max(most, await countActive('u.primary_email AS'));
  expect(most).toBe(1);
  expect(await Promise.all(pages)).toEqual(Array(8).fill(200));
});

/** Statements of the service with this text that run at this moment. */
async function countActive(text: string): Promise<number> {
  const { rows } = await holder.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
       AND pid <> pg_backend_pid() AND position($1 IN query) > 0`,
    [text],
  );
  return rows.length;
}

it('searches take no more than their share of the connections, and are 503 when too many wait', async () => {
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  const searches = Array.from({ length: 60 }, () => send('GET', `?search=%25${unique()}%25`));
  await lockWaits(app, 1);
  const first = await Promise.race(searches);
  expect(first).toMatchObject({ status: 503, json: { code: 'service.unavailable' } });
  expect(first.headers['retry-after']).toBe('1');
  expect(first.json.detail).toBe('There are too many searches or pages at a time. Try again soon.');
  expect(await countLockWaits(app)).toBe(1);
  await holder.query('ROLLBACK');
  const answers = await Promise.all(searches);
  expect(answers.some(({ status }) => status === 200)).toBe(true);
});

it('who is refused since too many large changes wait can be changed all the same', async () => {
  const ids = await Promise.all(Array.from({ length: 104 }, () => insertUser(app)));
  const large = { customData: { text: 'x'.repeat(20_000) } };
  const patch = (id: string) => send('PATCH', `/${id}`, large);
  const [held = '', ...others] = ids;
  await holder.query('BEGIN');
  await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [held]);
  const first = patch(held);
  await lockWaits(app, 1);
  // A hundred of them wait.
  const answers = await Promise.all([
    ...others.map(patch),
    sleep(1_500).then(() => holder.query('ROLLBACK')),
  ]);
  expect((await first).status).toBe(200);
  const refused = others.filter((_, n) => (answers[n] as { status: number }).status === 503);
  expect(refused.length).toBeGreaterThanOrEqual(3);
  for (const id of refused)
    expect((await send('PATCH', `/${id}`, { name: unique() })).status).toBe(200);
});
