import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SEQUENCE_USER_EVENTS as BEFORE } from './1764100000000-order-by-versions.js';

/**
 * Each event gets its number by its key. In one statement, the planner looked through all events that
 * wait for each of them, as long as it took the table for nearly empty.
 */
export class NumberByKey1764170000000 implements MigrationInterface {
  name = 'NumberByKey1764170000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SEQUENCE_USER_EVENTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(BEFORE);
  }
}

/** As before, numbers the oldest events without a number, together with all earlier ones of the same users. */
export const SEQUENCE_USER_EVENTS = `
  CREATE OR REPLACE FUNCTION sequence_user_events(tenant varchar, most integer) RETURNS bigint
  LANGUAGE plpgsql AS $$
  DECLARE
    head bigint;
    event record;
  BEGIN
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
