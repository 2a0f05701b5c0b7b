import type { MigrationInterface, QueryRunner } from 'typeorm';
import { emailKey } from '../../text/email-key.js';

interface Stored {
  tenant: string;
  id: string;
  email: string;
}

/**
 * Names are kept in NFC, with an event where that changes one; the keys of e-mail addresses have the
 * domain in its ASCII form, unless another user has that key by now. Webhooks need no clock for their order:
 * jobs that wait are all as old as those that follow, so that their ids decide, which sort as the feed.
 */
export class NormalForms1764150000000 implements MigrationInterface {
  name = 'NormalForms1764150000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      WITH u AS (
        UPDATE users SET name = normalize(name, NFC), version = version + 1,
          updated_at = greatest(updated_at, date_trunc('milliseconds', clock_timestamp()))
        WHERE name IS NOT NFC NORMALIZED AND char_length(normalize(name, NFC)) <= 128
        RETURNING *)
      INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, type, changes)
      SELECT tenant_id, gen_random_uuid(), id, version, clock_timestamp(), 'User.Data.Updated',
        '[{"pointer": "/name"}]'
      FROM u`);
    const users = (await runner.query(`
      SELECT tenant_id AS tenant, id, primary_email AS email FROM users
      WHERE primary_email ~ '[^\\x01-\\x7f]'`)) as Stored[];
    for (const { tenant, id, email } of users)
      await runner.query(
        `UPDATE users u SET primary_email_key = $3::varchar
         WHERE u.tenant_id = $1 AND u.id = $2 AND NOT EXISTS (
           SELECT FROM users other WHERE other.tenant_id = $1 AND other.primary_email_key = $3)`,
        [tenant, id, emailKey(email)],
      );
    await runner.query('ALTER TABLE hooks DROP COLUMN dispatched_at');
    await runner.query(`
      UPDATE hook_queue.job SET created_on = '2020-01-01T00:00:00Z' WHERE state < 'completed'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE hooks ADD COLUMN dispatched_at timestamptz NOT NULL DEFAULT now()',
    );
  }
}
