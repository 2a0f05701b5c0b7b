import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mergePending } from '../../src/users/user-search.statements.js';
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
  it('waits without background work, and gets it soon with it', async () => {
    expect(await leftAfter(0)).toBeGreaterThan(0);
    const worker = await TestApp.start({ BACKGROUND_WORK: 'on' }, [], app);
    // At the latest when the machine has time for it.
    let left = await leftAfter(1_000);
    for (let pause = 2_000; left !== 0 && pause < 60_000; pause *= 2) left = await leftAfter(pause);
    expect(left).toBe(0);
    expect(worker.log.join('')).not.toContain('SearchIndexes');
    await worker.stop();
  });

  it('is told once when the service may not do it, which serves all the same', async () => {
    const { client, name } = app.database;
    // In the place of PostgreSQL's own.
    await client.query(`CREATE FUNCTION public.gin_clean_pending_list(regclass) RETURNS bigint
      LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not yours' USING ERRCODE = '42501'; END $$`);
    await client.query(`ALTER DATABASE ${name} SET search_path = public, pg_catalog`);
    const worker = await TestApp.start({ BACKGROUND_WORK: 'on' }, [], app);
    await sleep(2_500);
    expect(worker.log.filter((line) => line.includes('42501'))).toHaveLength(1);
    await worker.stop();
    await client.query(`ALTER DATABASE ${name} RESET search_path`);
    await client.query('DROP FUNCTION public.gin_clean_pending_list(regclass)');
  });
});
