import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const LIMIT = 3;
const PASSWORD = 'correct horse';

let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ LIMITS_FAILED_PASSWORDS: `${LIMIT}/1h`, LIMITS_STORE: 'postgres' });
  other = await TestApp.start(
    { LIMITS_FAILED_PASSWORDS: `${LIMIT}/1h`, LIMITS_STORE: 'postgres' },
    [],
    app,
  );
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

async function userWithPassword(): Promise<string> {
  const id = await insertUser(app);
  await app.database.client.query(
    `UPDATE users SET password_digest = md5($2), password_algorithm = 'MD5' WHERE id = $1`,
    [id, PASSWORD],
  );
  return id;
}

async function verify(id: string, password: string, client = 'portal', on = app) {
  const token = await app.issuer.managementToken({ client_id: client });
  const url = `/api/users/${id}/password/verify`;
  return on.call({ method: 'POST', url, token, body: { password } });
}

const statuses = async (count: number, ask: () => ReturnType<typeof verify>) =>
  (await Promise.all(Array.from({ length: count }, ask))).map(({ status }) => status).sort();

it('of wrong passwords of one user no more are tried, also at the same time and by other callers', async () => {
  const id = await userWithPassword();
  expect(await statuses(LIMIT + 4, () => verify(id, 'guess', unique()))).toEqual([
    ...Array<number>(LIMIT).fill(422),
    ...Array<number>(4).fill(429),
  ]);
  const { status, headers, json } = await verify(id, PASSWORD);
  expect(status).toBe(429);
  expect(headers['ratelimit-policy']).toBe(`"failed-passwords";q=${LIMIT};w=3600`);
  expect(Number(headers['retry-after'])).toBeGreaterThan(3_500);
  expect(json.detail).toContain('of one user (failed-passwords)');
  expect((await verify(await userWithPassword(), PASSWORD)).status).toBe(204);
});

it('right passwords do not count, nor do users that are not there', async () => {
  const id = await userWithPassword();
  for (let count = 0; count <= LIMIT; count += 1) {
    expect((await verify(id, PASSWORD)).status).toBe(204);
    expect((await verify('nobody', PASSWORD)).status).toBe(404);
  }
});

it('another instance knows of them', async () => {
  const id = await userWithPassword();
  await statuses(LIMIT, () => verify(id, 'guess'));
  await verify(id, 'guess');
  expect((await verify(id, PASSWORD, 'portal', other)).status).toBe(429);
});

it('a refusal is not remembered for an Idempotency-Key', async () => {
  const id = await userWithPassword();
  await statuses(LIMIT, () => verify(id, 'guess'));
  const token = await app.issuer.managementToken();
  const ask = () =>
    app.call({
      ...{ method: 'POST', url: `/api/users/${id}/password/verify`, token },
      ...{ body: { password: 'guess' }, headers: { 'idempotency-key': id } },
    });
  expect((await ask()).status).toBe(429);
  const again = await ask();
  expect(again.status).toBe(429);
  expect(again.headers['idempotency-replayed']).toBeUndefined();
});
