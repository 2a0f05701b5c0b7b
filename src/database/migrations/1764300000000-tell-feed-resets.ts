import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A promoted standby, or a restored backup, may lack events whose places were given out: docs/adr/0013.
 * The numbering notices that the database goes on in another history, and leaves out so many places that
 * none is given twice.
 */
export class TellFeedResets1764300000000 implements MigrationInterface {
  name = 'TellFeedResets1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE user_event_sequences ADD epoch varchar(64),
        ADD is_synchronous boolean NOT NULL DEFAULT false`);
    await runner.query(DATABASE_EPOCH);
    await runner.query(BEGIN_FEED_EPOCH);
    await runner.query(`ALTER FUNCTION sequence_user_events RENAME TO number_user_events`);
    await runner.query(SEQUENCE_USER_EVENTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION sequence_user_events`);
    await runner.query(`ALTER FUNCTION number_user_events RENAME TO sequence_user_events`);
    await runner.query(`DROP FUNCTION begin_feed_epoch`);
    await runner.query(`DROP FUNCTION database_epoch`);
    await runner.query(`DELETE FROM user_events WHERE type = 'Feed.Reset'`);
    await runner.query(`ALTER TABLE user_event_sequences DROP epoch, DROP is_synchronous`);
  }
}

/**
 * System identifier and timeline: a promotion begins another timeline, a new cluster has another
 * identifier. Not of the last checkpoint, which may be older than the promotion. NULL where the engine
 * has no such thing.
 */
const DATABASE_EPOCH = `
  CREATE FUNCTION database_epoch() RETURNS varchar LANGUAGE plpgsql AS $$
  BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system())
      || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
  EXCEPTION WHEN others THEN
    RETURN NULL;
  END $$`;

/**
 * Nothing is lost where each number was with a standby before anybody saw it. Unless so, a number that
 * somebody has seen may be one that this database has yet to give. A caller who has seen a higher
 * one than there is proves it.
 */
const BEGIN_FEED_EPOCH = `
  CREATE FUNCTION begin_feed_epoch(tenant varchar, present varchar, seen bigint) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    feed user_event_sequences;
    is_new boolean;
  BEGIN
    SELECT * INTO feed FROM user_event_sequences WHERE tenant_id = tenant FOR UPDATE;
    is_new := feed.epoch <> present
      AND NOT (feed.is_synchronous AND split_part(feed.epoch, '/', 1) = split_part(present, '/', 1));
    IF is_new OR feed.last < seen THEN
      INSERT INTO user_events (tenant_id, id, user_id, version, occurred_at, sequence, type, changes)
      VALUES (tenant, gen_random_uuid(), '', feed.last, clock_timestamp(), feed.last + 1000000000,
        'Feed.Reset', '[]');
      feed.last := feed.last + 1000000000;
    END IF;
    UPDATE user_event_sequences SET last = feed.last, epoch = coalesce(present, feed.epoch)
    WHERE tenant_id = tenant;
  END $$`;

/** The last place; first, events that are committed get theirs, at most so many. */
const SEQUENCE_USER_EVENTS = `
  CREATE FUNCTION sequence_user_events(tenant varchar, most integer, seen bigint DEFAULT 0)
  RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    present varchar := database_epoch();
    synchronous boolean := current_setting('synchronous_standby_names') <> ''
      AND current_setting('synchronous_commit') IN ('on', 'remote_apply');
    before bigint;
    head bigint;
  BEGIN
    SELECT last INTO before FROM user_event_sequences
    WHERE tenant_id = tenant AND last >= seen AND epoch IS NOT DISTINCT FROM coalesce(present, epoch);
    IF NOT FOUND THEN
      PERFORM begin_feed_epoch(tenant, present, seen);
    END IF;
    head := number_user_events(tenant, most);
    IF head IS DISTINCT FROM before THEN
      UPDATE user_event_sequences SET is_synchronous = synchronous
      WHERE tenant_id = tenant AND is_synchronous <> synchronous;
    END IF;
    RETURN head;
  END $$`;
