import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { guardPool } from '../../src/database/guard-pool.js';
import { createTestDatabase } from '../support/test-database.js';

it('survives the end of a connection in use that was there before the guard', async () => {
  const database = await createTestDatabase();
  const pool = new Pool({ connectionString: database.url, max: 1 });
  await pool.query('SELECT 1');
  guardPool(pool);
  const client = await pool.connect();
  // Without a listener, it would be the end of the process.
  expect(client.listenerCount('error')).toBeGreaterThan(0);
  await database.disconnectOthers();
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release();
  await sleep(50);
  expect((await pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await database.drop();
});
