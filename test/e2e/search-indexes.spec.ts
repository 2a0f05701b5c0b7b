import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mergePending } from '../../src/users/search/user-search.statements.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

/** Writes users, lets the service work, and answers the pages that are left to merge. */
async function leftAfter(milliseconds: number): Promise<number | undefined> {
  const { client } = app.database;
  await client.query(`
    INSERT INTO users (tenant_id, id, name)
    SELECT 'default', gen_random_uuid(), 'Person ' || n FROM generate_series(1, 500) n`);
  await sleep(milliseconds);
  return (await client.query<{ pages: number }>(mergePending)).rows[0]?.pages;
}

describe('what is written and waits for its place in the indexes of searches', () => {
  it('waits until somebody searches, and then gets it soon, also what comes later', async () => {
    const token = await app.issuer.managementToken();
    await app.call({ method: 'GET', url: '/api/users', token });
    expect(await leftAfter(1_000)).toBeGreaterThan(0);
    await app.call({ method: 'GET', url: '/api/users?search=%25son%201%25', token });
    // At the latest when the machine has time for it.
    let left = await leftAfter(1_000);
    for (let pause = 2_000; left !== 0 && pause < 60_000; pause *= 2) left = await leftAfter(pause);
    expect(left).toBe(0);
    expect(app.log.join('')).not.toContain('SearchIndexes');
  });

  it('is waited for by the first search, and by none that comes later', async () => {
    const { client, name } = app.database;
    // In the place of PostgreSQL's own.
    await client.query(`CREATE FUNCTION public.gin_clean_pending_list(regclass) RETURNS bigint
      LANGUAGE plpgsql AS $$ BEGIN INSERT INTO merges DEFAULT VALUES; PERFORM pg_sleep(0.3); RETURN 0; END $$`);
    await client.query('CREATE TABLE merges (at timestamptz DEFAULT clock_timestamp())');
    await client.query(`ALTER DATABASE ${name} SET search_path = public, pg_catalog`);
    const other = await TestApp.start({}, [], app);
    const token = await app.issuer.managementToken();
    const search = async () => {
      const { status } = await other.call({
        ...{ method: 'GET', url: '/api/users?search=%25son%25', token },
      });
      expect(status).toBe(200);
      const { rows } = await client.query<{ merged: boolean }>(
        `SELECT count(*) > 1 AND max(at) < clock_timestamp() - interval '0.3 s' AS merged FROM merges`,
      );
      return rows[0]?.merged;
    };
    // Two indexes, one after the other: the second began so long ago that it is done.
    expect(await Promise.all([search(), search()])).toEqual([true, true]);
    await client.query('TRUNCATE merges');
    expect(await search()).toBe(false);
    await other.stop();
    await client.query(`ALTER DATABASE ${name} RESET search_path`);
    await client.query('DROP FUNCTION public.gin_clean_pending_list(regclass)');
  });

  it('is told once when the service may not do it, which serves all the same', async () => {
    const { client, name } = app.database;
    // In the place of PostgreSQL's own.
    await client.query(`CREATE FUNCTION public.gin_clean_pending_list(regclass) RETURNS bigint
      LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not yours' USING ERRCODE = '42501'; END $$`);
    await client.query(`ALTER DATABASE ${name} SET search_path = public, pg_catalog`);
    const other = await TestApp.start({}, [], app);
    const token = await app.issuer.managementToken();
    const url = '/api/users?search.name=%25son%201%25';
    expect((await other.call({ method: 'GET', url, token })).status).toBe(200);
    await sleep(1_500);
    expect(other.log.filter((line) => line.includes('42501'))).toHaveLength(1);
    await other.stop();
    await client.query(`ALTER DATABASE ${name} RESET search_path`);
    await client.query('DROP FUNCTION public.gin_clean_pending_list(regclass)');
  });
});
