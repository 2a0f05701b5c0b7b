import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history of every change. An event gets its place in the feed, `sequence`, only after its change
 * was committed, by `sequence_user_events`: see docs/adr/0006.
 */
export class RecordEvents1763900000000 implements MigrationInterface {
  name = 'RecordEvents1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE user_events (
        tenant_id varchar(128) NOT NULL,
        user_id varchar(128) NOT NULL,
        occurred_at timestamptz NOT NULL,
        version bigint NOT NULL,
        id uuid NOT NULL,
        sequence bigint,
        type varchar(64) NOT NULL,
        actor jsonb,
        request_id varchar(64),
        changes jsonb NOT NULL,
        CONSTRAINT pk_user_events PRIMARY KEY (tenant_id, user_id, occurred_at, version),
        CONSTRAINT uq_user_events_tenant_id_sequence UNIQUE (tenant_id, sequence)
      )`);
    await runner.query(`
      CREATE INDEX ix_user_events_tenant_id_unsequenced ON user_events (tenant_id, occurred_at)
        WHERE sequence IS NULL`);
    await runner.query(`
      CREATE TABLE user_event_sequences (
        tenant_id varchar(128) NOT NULL,
        last bigint NOT NULL DEFAULT 0,
        pruned bigint NOT NULL DEFAULT 0,
        CONSTRAINT pk_user_event_sequences PRIMARY KEY (tenant_id)
      )`);
    await runner.query(`INSERT INTO user_event_sequences (tenant_id) VALUES ('default')`);
    // The JSON Pointer (RFC 6901) of each value in which two documents differ, and the values.
    // Objects are compared member by member, anything else as a whole; so are objects behind a
    // long pointer, and all fields when the list would be long: each entry repeats its pointer.
    await runner.query(`
      CREATE FUNCTION json_changes(before jsonb, after jsonb, with_values boolean) RETURNS jsonb
      LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        WITH RECURSIVE part(pointer, old, new) AS (
          SELECT '', before, after
          UNION ALL
          SELECT part.pointer || '/' || replace(replace(member.key, '~', '~0'), '/', '~1'),
            member.old, member.new
          FROM part CROSS JOIN LATERAL (
            SELECT coalesce(o.key, n.key) AS key, o.value AS old, n.value AS new
            FROM jsonb_each(CASE WHEN jsonb_typeof(part.old) = 'object'
                AND jsonb_typeof(part.new) = 'object' THEN part.old ELSE '{}' END) o
              FULL JOIN jsonb_each(CASE WHEN jsonb_typeof(part.old) = 'object'
                AND jsonb_typeof(part.new) = 'object' THEN part.new ELSE '{}' END) n
              ON o.key = n.key) member
          WHERE member.old IS DISTINCT FROM member.new AND length(part.pointer) <= 256),
        change AS (
          SELECT pointer, jsonb_build_object('pointer', pointer)
              || CASE WHEN with_values AND old IS NOT NULL
                   THEN jsonb_build_object('old', old) ELSE '{}' END
              || CASE WHEN with_values AND new IS NOT NULL
                   THEN jsonb_build_object('new', new) ELSE '{}' END AS entry,
            pointer ~ '^/[^/]*$' AS is_field,
            jsonb_typeof(old) IS DISTINCT FROM 'object' OR length(pointer) > 256
              OR jsonb_typeof(new) IS DISTINCT FROM 'object' AS is_leaf
          FROM part),
        list AS (
          SELECT jsonb_agg(entry ORDER BY pointer COLLATE "C") FILTER (WHERE is_leaf) AS leaves,
            jsonb_agg(entry ORDER BY pointer COLLATE "C") FILTER (WHERE is_field) AS fields
          FROM change)
        SELECT coalesce(
          CASE WHEN octet_length(leaves::text) > 262144 THEN fields ELSE leaves END, '[]')
        FROM list
      $$`);
    // Numbers the events whose changes are committed, and answers the last number that was given.
    // The row of user_event_sequences stays locked until the numbers are committed, so whoever sees
    // one number sees all before it. Each statement must see what was committed before it began:
    // READ COMMITTED does; a stricter level refuses the row instead (40001) and the caller repeats.
    await runner.query(`
      CREATE FUNCTION sequence_user_events(tenant varchar, most integer) RETURNS bigint
      LANGUAGE plpgsql AS $$
      DECLARE
        head bigint;
        numbered integer;
      BEGIN
        IF EXISTS (SELECT FROM user_events WHERE tenant_id = tenant AND sequence IS NULL) THEN
          SELECT last INTO head FROM user_event_sequences WHERE tenant_id = tenant FOR UPDATE;
          WITH next AS (
            SELECT user_id, occurred_at, version,
              row_number() OVER (ORDER BY occurred_at, user_id, version) AS place
            FROM user_events
            WHERE tenant_id = tenant AND sequence IS NULL
            ORDER BY occurred_at, user_id, version LIMIT most)
          UPDATE user_events e SET sequence = head + next.place
          FROM next
          WHERE e.tenant_id = tenant AND e.user_id = next.user_id
            AND e.occurred_at = next.occurred_at AND e.version = next.version;
          GET DIAGNOSTICS numbered = ROW_COUNT;
          UPDATE user_event_sequences SET last = head + numbered WHERE tenant_id = tenant;
        END IF;
        RETURN (SELECT last FROM user_event_sequences WHERE tenant_id = tenant);
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION sequence_user_events(varchar, integer)`);
    await runner.query(`DROP FUNCTION json_changes(jsonb, jsonb, boolean)`);
    await runner.query(`DROP TABLE user_event_sequences`);
    await runner.query(`DROP TABLE user_events`);
  }
}
