import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = '(tenant_id, user_id, version, occurred_at)';
const PLACE = '(tenant_id, sequence, occurred_at)';

/**
 * Events are kept in a table for each month, so that retention drops tables: docs/adr/0015. What is there
 * becomes the first of them without being copied; its two indexes are made anew, unless they are there.
 */
export class PartitionEvents1764410000000 implements MigrationInterface {
  name = 'PartitionEvents1764410000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE user_events RENAME TO user_events_first`);
    await runner.query(`
      CREATE UNIQUE INDEX IF NOT EXISTS pk_user_events_first ON user_events_first ${KEY}`);
    await runner.query(`
      CREATE UNIQUE INDEX IF NOT EXISTS uq_user_events_first_tenant_id_sequence_occurred_at
        ON user_events_first ${PLACE}`);
    await runner.query(`
      ALTER TABLE user_events_first
        DROP CONSTRAINT pk_user_events, DROP CONSTRAINT uq_user_events_tenant_id_sequence,
        ADD CONSTRAINT pk_user_events_first PRIMARY KEY USING INDEX pk_user_events_first,
        ADD CONSTRAINT uq_user_events_first_tenant_id_sequence_occurred_at
          UNIQUE USING INDEX uq_user_events_first_tenant_id_sequence_occurred_at`);
    await runner.query(`
      ALTER INDEX ix_user_events_tenant_id_unsequenced
        RENAME TO ix_user_events_first_tenant_id_unsequenced`);
    await runner.query(`
      CREATE TABLE user_events (LIKE user_events_first INCLUDING DEFAULTS)
        PARTITION BY RANGE (occurred_at)`);
    await runner.query(copyGrants('user_events_first', 'user_events'));
    const [schema] = (await runner.query(`SELECT quote_ident(current_schema()) AS name`)) as {
      name: string;
    }[];
    for (const sql of functions(schema?.name ?? 'public')) await runner.query(sql);
    await runner.query(`SELECT add_event_keys('user_events')`);
    const [month] = (await runner.query(
      `SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month')::date::text AS next`,
    )) as { next: string }[];
    const next = `'${month?.next} 00:00:00+00'`;
    await runner.query(`SELECT make_event_partition('user_events_default', 'DEFAULT')`);
    // Of a clock that stood ahead.
    await runner.query(`
      WITH ahead AS (DELETE FROM user_events_first WHERE occurred_at >= ${next} RETURNING *)
      INSERT INTO user_events SELECT * FROM ahead`);
    await runner.query(`
      ALTER TABLE user_events ATTACH PARTITION user_events_first
        FOR VALUES FROM (MINVALUE) TO (${next})`);
    await runner.query(`SELECT make_event_partitions()`);
  }

  /** The rows are copied. */
  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['drop_event_partition', 'make_event_partitions', 'make_event_partition'])
      await runner.query(`DROP FUNCTION ${name}`);
    await runner.query(`DROP FUNCTION event_partitions`);
    await runner.query(`DROP FUNCTION add_event_keys`);
    await runner.query(`ALTER TABLE user_events RENAME TO user_events_old`);
    await runner.query(`CREATE TABLE user_events (LIKE user_events_old INCLUDING DEFAULTS)`);
    await runner.query(copyGrants('user_events_old', 'user_events'));
    await runner.query(`INSERT INTO user_events SELECT * FROM user_events_old`);
    await runner.query(`DROP TABLE user_events_old`);
    await runner.query(`
      ALTER TABLE user_events
        ADD CONSTRAINT pk_user_events PRIMARY KEY (tenant_id, user_id, version),
        ADD CONSTRAINT uq_user_events_tenant_id_sequence UNIQUE (tenant_id, sequence)`);
    await runner.query(`
      CREATE INDEX ix_user_events_tenant_id_unsequenced ON user_events (tenant_id, occurred_at)
        WHERE sequence IS NULL`);
  }
}

/** Who may do something with the one table may do it with the other. */
const copyGrants = (from: string, to: string) => `
  DO $$
  DECLARE held record;
  BEGIN
    FOR held IN
      SELECT a.privilege_type, a.is_grantable,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
      FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.oid = '${from}'::regclass AND a.grantee <> c.relowner
    LOOP
      EXECUTE format('GRANT %s ON ${to} TO %s %s', held.privilege_type, held.grantee,
        CASE WHEN held.is_grantable THEN 'WITH GRANT OPTION' ELSE '' END);
    END LOOP;
  END $$`;

/**
 * What makes and drops partitions runs as their owner: the role of the service may have no right to, but must
 * have that to write or delete events. It gives up rather than hold others up for longer than the timeout, and is
 * asked again. The advisory lock keeps two instances apart.
 */
export const functions = (schema: string) => {
  const settings = `SET search_path = ${schema}, pg_temp SET datestyle = 'ISO' SET timezone = 'UTC'`;
  const asOwner = `LANGUAGE plpgsql SECURITY DEFINER ${settings} SET lock_timeout = '200ms'`;
  const mayDo = (
    right: string,
  ) => `IF NOT has_table_privilege(session_user, 'user_events', '${right}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for table user_events';
      END IF;`;
  return [
    `CREATE FUNCTION add_event_keys(tablename name) RETURNS void LANGUAGE plpgsql ${settings} AS $$
    BEGIN
      EXECUTE format('ALTER TABLE %1$I ADD CONSTRAINT pk_%1$s PRIMARY KEY ${KEY},
        ADD CONSTRAINT %2$I UNIQUE ${PLACE}', tablename,
        'uq_' || tablename || '_tenant_id_sequence_occurred_at');
      EXECUTE format('CREATE INDEX ix_%1$s_tenant_id_unsequenced ON %1$I (tenant_id, occurred_at)
        WHERE sequence IS NULL', tablename);
    END $$`,

    // The months that have a table of their own: from when, and until when.
    `CREATE FUNCTION event_partitions() RETURNS TABLE (name name, since timestamptz, until timestamptz)
    LANGUAGE sql STABLE ${settings} AS $$
      SELECT c.relname, coalesce(bound[1]::timestamptz, '-infinity'), bound[2]::timestamptz
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid),
          'FROM \\((?:MINVALUE|''(.*)'')\\) TO \\(''(.*)''\\)') AS bound
      WHERE i.inhparent = 'user_events'::regclass AND bound IS NOT NULL
    $$`,

    `CREATE FUNCTION make_event_partition(tablename name, bounds text, during text DEFAULT 'false')
    RETURNS void LANGUAGE plpgsql ${settings} AS $$
    BEGIN
      EXECUTE format('CREATE TABLE %I (LIKE user_events INCLUDING DEFAULTS)', tablename);
      PERFORM add_event_keys(tablename);
      IF during <> 'false' THEN
        LOCK TABLE ONLY user_events IN SHARE UPDATE EXCLUSIVE MODE;
        LOCK TABLE user_events_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('WITH moved AS (DELETE FROM user_events_default WHERE %s RETURNING *)
          INSERT INTO %I SELECT * FROM moved', during, tablename);
      END IF;
      EXECUTE format('ALTER TABLE user_events ATTACH PARTITION %I %s', tablename, bounds);
    END $$`,

    // Makes those of this month and the next two, and answers how many of these are still missing. While it looks
    // through the default partition, nobody can write there: if that is large, only who is patient may.
    `CREATE FUNCTION make_event_partitions(patient boolean DEFAULT false) RETURNS integer ${asOwner} AS $$
    DECLARE
      month timestamptz;
      following timestamptz;
      missing integer := 0;
    BEGIN
      ${mayDo('INSERT')}
      IF NOT pg_try_advisory_xact_lock(hashtext('user_events')) THEN RETURN 0; END IF;
      FOR months IN 0..2 LOOP
        month := date_trunc('month', now()) + make_interval(months => months);
        following := month + interval '1 month';
        CONTINUE WHEN EXISTS (SELECT FROM event_partitions() p WHERE p.since <= month AND p.until > month);
        IF NOT patient AND pg_relation_size('user_events_default') > 8388608 THEN
          missing := missing + 1;
        ELSE
          PERFORM make_event_partition('user_events_' || to_char(month, 'YYYY_MM'),
            format('FOR VALUES FROM (%L) TO (%L)', month, following),
            format('occurred_at >= %L AND occurred_at < %L', month, following));
        END IF;
      END LOOP;
      RETURN missing;
    END $$`,

    // Drops a partition of which nothing is kept, and tells how far: all its events have places, are of these
    // tenants, and come before those that are kept, but for a day on which the two may mix.
    `CREATE FUNCTION drop_event_partition(tablename name, tenants varchar[]) RETURNS boolean ${asOwner} AS $$
    DECLARE
      ended timestamptz;
      is_refused boolean;
    BEGIN
      ${mayDo('DELETE')}
      IF NOT pg_try_advisory_xact_lock(hashtext('user_events')) THEN RETURN false; END IF;
      SELECT p.until INTO ended FROM event_partitions() p
      WHERE p.name = tablename AND p.until <= now() - interval '1 day';
      IF ended IS NULL THEN RETURN false; END IF;
      -- Behind this nobody reads or writes any event: short statements only.
      LOCK TABLE ONLY user_events IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE sequence IS NULL)', tablename) INTO is_refused;
      IF is_refused THEN RETURN false; END IF;
      EXECUTE format('
        WITH gone AS MATERIALIZED (
          SELECT s.tenant_id, s.pruned, (
            SELECT e.sequence FROM %I e WHERE e.tenant_id = s.tenant_id AND e.sequence IS NOT NULL
            ORDER BY e.sequence DESC LIMIT 1) AS place
          FROM user_event_sequences s),
        refused AS (
          SELECT FROM gone WHERE place IS NOT NULL AND (tenant_id <> ALL ($1) OR EXISTS (
            SELECT FROM user_events e WHERE e.tenant_id = gone.tenant_id
              AND e.sequence > gone.pruned AND e.sequence < gone.place AND e.occurred_at >= $2))),
        told AS (
          UPDATE user_event_sequences s SET pruned = greatest(s.pruned, gone.place) FROM gone
          WHERE s.tenant_id = gone.tenant_id AND gone.place IS NOT NULL
            AND NOT EXISTS (SELECT FROM refused))
        SELECT EXISTS (SELECT FROM refused)', tablename)
      USING tenants, ended + interval '1 day' INTO is_refused;
      IF is_refused THEN RETURN false; END IF;
      EXECUTE format('DROP TABLE %I', tablename);
      RETURN true;
    END $$`,
  ];
};
