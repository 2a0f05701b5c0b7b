import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events without a number are few, and young: they are looked for in the partitions in which there can be any. */
export class NumberInPartitions1764420000000 implements MigrationInterface {
  name = 'NumberInPartitions1764420000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(NUMBER_USER_EVENTS);
  }

  /** The function stays: it is right for a single table, too. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * As before, numbers the oldest events without a number, together with all earlier ones of the same users.
 * They are looked for from the month of the oldest on, and updated by key and time, each in its one partition.
 * Without statistics every index looks as good as any other: the order by version leaves the key alone, and a
 * join instead of the loop would go through all events of the tenant for each.
 */
const NUMBER_USER_EVENTS = `
  CREATE OR REPLACE FUNCTION number_user_events(tenant varchar, most integer) RETURNS bigint
  LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    head bigint;
    placed record;
  BEGIN
    IF NOT EXISTS (SELECT FROM user_event_sequences WHERE tenant_id = tenant) THEN
      INSERT INTO user_event_sequences (tenant_id) VALUES (tenant) ON CONFLICT DO NOTHING;
    END IF;
    IF EXISTS (SELECT FROM user_events WHERE tenant_id = tenant AND sequence IS NULL) THEN
      SELECT last INTO head FROM user_event_sequences WHERE tenant_id = tenant FOR UPDATE;
      WITH next AS (
        SELECT user_id, version, occurred_at FROM user_events
        WHERE tenant_id = tenant AND sequence IS NULL
        ORDER BY occurred_at, user_id, version LIMIT most),
      oldest AS (
        SELECT date_trunc('month', min(occurred_at), 'UTC') AS month FROM next),
      reach AS (
        SELECT user_id, max(version) AS version FROM next GROUP BY user_id),
      complete AS (
        SELECT own.user_id, own.version, own.occurred_at,
          max(own.occurred_at) OVER (PARTITION BY own.user_id ORDER BY own.version) AS at
        FROM reach CROSS JOIN LATERAL (
          SELECT e.user_id, e.version, e.occurred_at, e.sequence FROM user_events e
          WHERE e.tenant_id = tenant AND e.user_id = reach.user_id
            AND e.occurred_at >= (SELECT month FROM oldest)
            AND e.version <= reach.version
            AND e.version > coalesce((
              SELECT done.version FROM user_events done
              WHERE done.tenant_id = tenant AND done.user_id = reach.user_id
                AND done.occurred_at >= (SELECT month FROM oldest)
                AND done.sequence IS NOT NULL
              ORDER BY done.version DESC LIMIT 1), 0)
          ORDER BY e.version OFFSET 0) own
        WHERE own.sequence IS NULL)
      SELECT array_agg(user_id ORDER BY at, user_id, version) AS users,
        array_agg(version ORDER BY at, user_id, version) AS versions,
        array_agg(occurred_at ORDER BY at, user_id, version) AS times
      INTO placed FROM complete;
      FOR place IN 1 .. coalesce(cardinality(placed.users), 0) LOOP
        UPDATE user_events SET sequence = head + place
        WHERE tenant_id = tenant AND user_id = placed.users[place]
          AND version = placed.versions[place] AND occurred_at = placed.times[place];
      END LOOP;
      head := head + coalesce(cardinality(placed.users), 0);
      UPDATE user_event_sequences SET last = head WHERE tenant_id = tenant;
    END IF;
    RETURN (SELECT last FROM user_event_sequences WHERE tenant_id = tenant);
  END $$`;
