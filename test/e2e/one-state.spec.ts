import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { lockWaits } from '../support/lock-waits.js';
import { type Answer, TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
/** Another instance: in one, writes of a user come one after the other before they come to the database. */
let elsewhere: TestApp;
let token: string;
let id: string;
let holder: Client;
beforeAll(async () => {
  app = await TestApp.start();
  elsewhere = await TestApp.start({}, [], app);
  token = await app.issuer.managementToken();
  holder = new Client(app.database.url);
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await elsewhere.stop();
  await app.stop();
});
beforeEach(async () => {
  id = await insertUser(app);
});

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url: `/api/users${path}`, token, body, headers });
const putElsewhere = (path: string, body: unknown) =>
  elsewhere.call({ method: 'PUT', url: `/api/users${path}`, token, body });

/** Holds the row of the user until both requests wait for it, one behind the other, and have for so long. */
async function inOrder(
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
  already?: string,
): Promise<[Answer, Answer]> {
  await holder.query('BEGIN');
  await holder.query("SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE", [id]);
  const one = first();
  await lockWaits(app, 1);
  const two = second();
  await lockWaits(app, 2, already);
  await holder.query('COMMIT');
  return Promise.all([one, two]);
}

const identity = () => ({ userId: unique() });
const puts: [string, string, () => object][] = [
  ['identity', 'identities/github', identity],
  ['SSO identity', 'sso-identities/okta', () => ({ issuer: 'https://x', identityId: unique() })],
];

describe.each(puts)('a write that waited for a PUT of an %s', (_, part, body) => {
  it.each([
    ['PATCH of the user', '', () => ({ name: unique() })],
    ['PATCH that changes nothing', '', () => ({ name: 'Before' })],
    ['PATCH of is-suspended', '/is-suspended', () => ({ isSuspended: true })],
    ['PATCH of sign-in', '/sign-in', () => ({ applicationId: unique() })],
    ['PATCH of the password', '/password', () => ({ password: unique() })],
  ])('answers the state of its ETag: %s', async (_name, path, patch) => {
    const [put, answer] = await inOrder(
      () => putElsewhere(`/${id}/${part}`, body()),
      () => call('PATCH', `/${id}${path}`, patch()),
    );
    expect(put.status).toBe(201);
    expect(answer.status).toBe(200);
    const { json } = await call('GET', `/${id}`);
    expect(answer.json).toEqual(json);
    const { identities, ssoIdentities } = json as Record<string, object>;
    expect([Object.keys(identities ?? {}).length, Object.keys(ssoIdentities ?? {}).length]).toEqual(
      part.startsWith('sso') ? [0, 1] : [1, 0],
    );
    const etag = answer.headers['etag'] ?? '';
    expect((await call('GET', `/${id}`, undefined, { 'if-none-match': etag })).status).toBe(304);
  });

  it('answers the state of its ETag: PATCH of the own user, keyed and dry', async () => {
    const own = await app.issuer.userToken(id);
    for (const [query, headers] of [
      ['', {}],
      ['', { 'idempotency-key': unique() }],
      ['?dryRun=true', {}],
    ] as const) {
      await call('DELETE', `/${id}/${part}`);
      const [, answer] = await inOrder(
        () => putElsewhere(`/${id}/${part}`, body()),
        () =>
          app.call({
            method: 'PATCH',
            url: `/api/profile${query}`,
            token: own,
            body: { name: unique() },
            headers,
          }),
      );
      const user = answer.json.user ?? answer.json;
      const { json } = await call('GET', `/${id}`);
      expect([user.identities, user.ssoIdentities]).toEqual([json.identities, json.ssoIdentities]);
    }
  });
});

describe('a PUT of an identity that waited for another', () => {
  it('answers both', async () => {
    const [, answer] = await inOrder(
      () => putElsewhere(`/${id}/identities/github`, identity()),
      () => call('PUT', `/${id}/identities/google`, identity()),
    );
    expect(Object.keys(answer.json).sort()).toEqual(['github', 'google']);
  });
});

describe('a user who is deleted and made again', () => {
  const versionOf = ({ headers }: Answer) => Number(headers['etag']?.replaceAll('"', ''));

  it('has nothing of the one before, and goes on above its last version', async () => {
    await call('PUT', `/${id}/identities/github`, identity());
    await call('PATCH', `/${id}`, { name: unique() });
    const last = versionOf(await call('GET', `/${id}`));
    for (const round of [1, 2, 3]) {
      expect((await call('DELETE', `/${id}`)).status).toBe(204);
      const made = await call('POST', '', { id });
      expect(made.json).toMatchObject({ identities: {}, ssoIdentities: [], customData: {} });
      expect(versionOf(made)).toBe(last + 2 * round);
    }
    // Nothing of what anybody has kept matches, in either direction.
    for (let version = 0; version <= last + 5; version += 1) {
      const kept = { 'if-match': `"${version}"` };
      expect((await call('PATCH', `/${id}`, { name: unique() }, kept)).status).toBe(412);
    }
  });

  it('goes on above its last version when no event is kept any more', async () => {
    await call('DELETE', `/${id}`);
    await app.database.client.query('DELETE FROM user_events WHERE user_id = $1', [id]);
    expect(versionOf(await call('POST', '', { id }))).toBe(3);
  });

  it('is the new one when its making waited for the deletion', async () => {
    await call('PUT', `/${id}/identities/github`, identity());
    const last = versionOf(await call('GET', `/${id}`));
    const [gone, made] = await inOrder(
      () => call('DELETE', `/${id}`),
      () => call('POST', '', { id }),
      // The making that goes alone: between the shared one, which gives up, and that, none would wait.
      '1 second',
    );
    expect([gone.status, made.status]).toEqual([204, 201]);
    expect(made.json).toMatchObject({ identities: {}, ssoIdentities: [] });
    expect(versionOf(made)).toBe(last + 2);
    expect((await call('GET', `/${id}`)).json).toEqual(made.json);
  });

  it('goes on above the versions of one who was made and deleted while its making waited', async () => {
    const other = unique();
    const at = `SELECT 'default', '${other}'`;
    await holder.query('BEGIN');
    await holder.query(`INSERT INTO users (tenant_id, id, version) ${at}, 1`);
    const making = call('POST', '', { id: other });
    // The making that goes alone: the shared one gives up after a moment.
    await lockWaits(app, 1, '1 second');
    await holder.query(`DELETE FROM users WHERE id = '${other}'`);
    await holder.query(`INSERT INTO deleted_users (tenant_id, id, version) ${at}, 2`);
    await holder.query('COMMIT');
    const made = await making;
    expect([made.status, versionOf(made)]).toEqual([201, 3]);
  });

  it('never has a version twice, however deletions and makings meet', async () => {
    const turns = Array.from({ length: 60 }, (_, turn) =>
      turn % 2 === 0 ? call('DELETE', `/${id}`) : call('POST', '', { id }),
    );
    for (const { status } of await Promise.all(turns))
      expect([201, 204, 404, 422]).toContain(status);
    const { rows } = await app.database.client.query<{ version: string; type: string }>(
      'SELECT version, type FROM user_events WHERE user_id = $1 ORDER BY version',
      [id],
    );
    expect(rows.map(({ version }) => Number(version))).toEqual(rows.map((_, n) => n + 2));
    for (const [index, { type }] of rows.entries())
      expect(type).toBe(index % 2 === 0 ? 'User.Deleted' : 'User.Created');
  });
});

describe('when the clock of the database goes back', () => {
  /** As if the clock had stood so many seconds ahead until now. */
  const setBack = async (seconds: number) => {
    const { client } = app.database;
    const own = `tenant_id = 'default' AND user_id = $2`;
    const { rows } = await client.query<{ version: string; later: string; rounded: string }>(
      `SELECT version, (occurred_at + interval '1 second' * $1)::text AS later,
         date_trunc('second', occurred_at + interval '1 second' * $1)::text AS rounded
       FROM user_events WHERE ${own} ORDER BY version`,
      [seconds, id],
    );
    for (const { version, later } of rows)
      await client.query(`UPDATE user_events SET occurred_at = $1 WHERE ${own} AND version = $3`, [
        ...[later, id, version],
      ]);
    await client.query(`UPDATE users SET updated_at = $1 WHERE tenant_id = 'default' AND id = $2`, [
      ...[rows.at(-1)?.rounded, id],
    ]);
  };
  const told = async (path: string) => {
    const { text } = await app.call({ method: 'GET', url: path, token });
    const all = JSON.parse(text) as { subject: string; type: string; data: { version: number } }[];
    return all.filter(({ subject }) => subject === id).map(({ data }) => data.version);
  };

  it.each([3, 3_600])('by %d s, feed and history tell each user in order', async (seconds) => {
    await call('PATCH', `/${id}`, { name: unique() });
    await setBack(seconds);
    const noise = await insertUser(app);
    for (let n = 0; n < 3; n += 1) {
      await call('PATCH', `/${id}`, { name: unique() });
      await call('PATCH', `/${noise}`, { name: unique() });
    }
    await call('DELETE', `/${id}`);
    await setBack(seconds);
    await call('POST', '', { id });
    await call('PATCH', `/${id}`, { name: unique() });
    const versions = [2, 3, 4, 5, 6, 7, 8];
    expect(await told('/api/events?limit=1000')).toEqual(versions);
    expect(await told(`/api/users/${id}/events`)).toEqual(versions.toReversed());
  });

  it('numbers the events of a user in order also when they do not fit into one numbering', async () => {
    for (let n = 0; n < 10; n += 1) {
      await call('PATCH', `/${id}`, { name: unique() });
      await setBack(60);
    }
    for (let round = 0; round < 15; round += 1)
      await app.database.client.query(`SELECT sequence_user_events('default', 1)`);
    expect(await told('/api/events?limit=1000')).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const { rows } = await app.database.client.query<{ dense: boolean }>(
      `SELECT count(*) = max(sequence) AND count(*) = (
         SELECT last FROM user_event_sequences WHERE tenant_id = 'default') AS dense
       FROM user_events WHERE tenant_id = 'default'`,
    );
    expect(rows[0]?.dense).toBe(true);
  });
});
