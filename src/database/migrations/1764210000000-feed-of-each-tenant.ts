import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SEQUENCE_USER_EVENTS as BEFORE } from './1764170000000-number-by-key.js';

/** Each tenant has a feed, which begins when its events are first numbered. */
export class FeedOfEachTenant1764210000000 implements MigrationInterface {
  name = 'FeedOfEachTenant1764210000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SEQUENCE_USER_EVENTS);
    await runner.query(
      `UPDATE hook_deliveries SET queued = false WHERE state = 'pending' AND queued`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(BEFORE);
    await runner.query(
      `UPDATE hook_deliveries SET queued = false WHERE state = 'pending' AND queued`,
    );
  }
}

/** As before, but for tenants that have no feed yet. It numbers the oldest events without a number, together with all earlier ones of the same users. */
const SEQUENCE_USER_EVENTS = `
  CREATE OR REPLACE FUNCTION sequence_user_events(tenant varchar, most integer) RETURNS bigint
  LANGUAGE plpgsql AS $$
  DECLARE
    head bigint;
    event record;
  BEGIN
    IF NOT EXISTS (SELECT FROM user_event_sequences WHERE tenant_id = tenant) THEN
      INSERT INTO user_event_sequences (tenant_id) VALUES (tenant) ON CONFLICT DO NOTHING;
    END IF;
    IF EXISTS (SELECT FROM user_events WHERE tenant_id = tenant AND sequence IS NULL) THEN
      SELECT last INTO head FROM user_event_sequences WHERE tenant_id = tenant FOR UPDATE;
      FOR event IN
        WITH next AS (
          SELECT user_id, version FROM user_events
          WHERE tenant_id = tenant AND sequence IS NULL
          ORDER BY occurred_at, user_id, version LIMIT most),
        reach AS (
          SELECT user_id, max(version) AS version FROM next GROUP BY user_id),
        complete AS (
          SELECT own.user_id, own.version,
            max(own.occurred_at) OVER (PARTITION BY own.user_id ORDER BY own.version) AS at
          FROM reach CROSS JOIN LATERAL (
            SELECT e.user_id, e.version, e.occurred_at FROM user_events e
            WHERE e.tenant_id = tenant AND e.user_id = reach.user_id
              AND e.version <= reach.version
              AND e.version > coalesce((
                SELECT done.version FROM user_events done
                WHERE done.tenant_id = tenant AND done.user_id = reach.user_id
                  AND done.sequence IS NOT NULL
                ORDER BY done.version DESC LIMIT 1), 0)
            OFFSET 0) own)
        SELECT user_id, version FROM complete ORDER BY at, user_id, version
      LOOP
        head := head + 1;
        UPDATE user_events SET sequence = head
        WHERE tenant_id = tenant AND user_id = event.user_id AND version = event.version;
      END LOOP;
      UPDATE user_event_sequences SET last = head WHERE tenant_id = tenant;
    END IF;
    RETURN (SELECT last FROM user_event_sequences WHERE tenant_id = tenant);
  END $$`;
