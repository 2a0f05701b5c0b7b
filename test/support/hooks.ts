import { randomId } from '../../src/text/random-id.js';
import type { TestApp } from './test-app.js';

/** A stored hook that leads nowhere, written past the API: nobody can open its secrets. */
export async function insertHook({ database }: TestApp): Promise<string> {
  const id = randomId();
  await database.client.query(
    `INSERT INTO hooks
       (tenant_id, id, url, types, secrets, enabled, exclude_client_ids, last_sequence)
     VALUES ('default', $1, 'https://example.com', '[]', 'c2VhbGVk', true, '[]', 0)`,
    [id],
  );
  return id;
}

/** Sets the clock by which the queue goes, as that of the database, ahead of the real one. */
export async function setQueueClock({ database }: TestApp, ahead: string): Promise<void> {
  await database.client.query(
    `CREATE OR REPLACE FUNCTION hook_queue.job_now() RETURNS timestamptz LANGUAGE sql STABLE
     AS $$ SELECT pg_catalog.now() + interval '${ahead}' $$`,
  );
}

/** Of all hooks for which there is one. */
export async function queueNames({ database }: TestApp): Promise<string[]> {
  const { rows } = await database.client.query<{ name: string }>(
    'SELECT name FROM hook_queue.queue ORDER BY name',
  );
  return rows.map(({ name }) => name);
}
