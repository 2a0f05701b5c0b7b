import type { MigrationInterface, QueryRunner } from 'typeorm';
import { functions as before } from './1764410000000-partition-events.js';

/**
 * Partitions of events are made and dropped on the nodes of Citus, too: a new one is spread before anything
 * moves into it, so that no copy stays behind; each statement that looks at all tenants is one that nodes can
 * run; what waits for a lock on a node gives up as soon as on one PostgreSQL.
 */
export class SpreadPartitions1764455000000 implements MigrationInterface {
  name = 'SpreadPartitions1764455000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of functions(await schemaOf(runner))) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const sql of before(await schemaOf(runner)))
      await runner.query(sql.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    await runner.query(`DROP FUNCTION are_events_spread`);
  }
}

async function schemaOf(runner: QueryRunner): Promise<string> {
  const [schema] = (await runner.query(`SELECT quote_ident(current_schema()) AS name`)) as {
    name: string;
  }[];
  return schema?.name ?? 'public';
}

const functions = (schema: string) => {
  const settings = `SET search_path = ${schema}, pg_temp SET datestyle = 'ISO' SET timezone = 'UTC'`;
  const asOwner = `LANGUAGE plpgsql SECURITY DEFINER ${settings} SET lock_timeout = '200ms'`;
  const mayDo = (
    right: string,
  ) => `IF NOT has_table_privilege(session_user, 'user_events', '${right}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for table user_events';
      END IF;`;
  // For nodes of Citus, which are told no setting of a function, and those of a transaction only from inside a block.
  const everywhere = `DO $block$ BEGIN
        SET LOCAL citus.propagate_set_commands = 'local';
        SET LOCAL lock_timeout = '200ms';
      END $block$;`;
  return [
    // Whether events lie on the nodes of Citus, whose catalog is not there elsewhere.
    `CREATE FUNCTION are_events_spread() RETURNS boolean LANGUAGE plpgsql STABLE ${settings} AS $$
    DECLARE are_spread boolean := false;
    BEGIN
      IF to_regclass('pg_dist_partition') IS NOT NULL THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM pg_dist_partition
          WHERE logicalrelid = ''user_events''::regclass)' INTO are_spread;
      END IF;
      RETURN are_spread;
    END $$`,

    `CREATE OR REPLACE FUNCTION make_event_partition(tablename name, bounds text, during text DEFAULT 'false')
    RETURNS void LANGUAGE plpgsql ${settings} AS $$
    BEGIN
      EXECUTE format('CREATE TABLE %I (LIKE user_events INCLUDING DEFAULTS)', tablename);
      PERFORM add_event_keys(tablename);
      IF are_events_spread() THEN
        EXECUTE 'SELECT create_distributed_table($1::regclass, ''tenant_id'', colocate_with => ''user_events'')'
        USING tablename;
      END IF;
      IF during <> 'false' THEN
        LOCK TABLE ONLY user_events IN SHARE UPDATE EXCLUSIVE MODE;
        LOCK TABLE user_events_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('WITH moved AS (DELETE FROM user_events_default WHERE %s RETURNING *)
          INSERT INTO %I SELECT * FROM moved', during, tablename);
      END IF;
      EXECUTE format('ALTER TABLE user_events ATTACH PARTITION %I %s', tablename, bounds);
    END $$`,

    `CREATE OR REPLACE FUNCTION make_event_partitions(patient boolean DEFAULT false) RETURNS integer ${asOwner} AS $$
    DECLARE
      month timestamptz;
      following timestamptz;
      bytes bigint;
      missing integer := 0;
    BEGIN
      ${mayDo('INSERT')}
      IF NOT pg_try_advisory_xact_lock(hashtext('user_events')) THEN RETURN 0; END IF;
      ${everywhere}
      FOR months IN 0..2 LOOP
        month := date_trunc('month', now()) + make_interval(months => months);
        following := month + interval '1 month';
        CONTINUE WHEN EXISTS (SELECT FROM event_partitions() p WHERE p.since <= month AND p.until > month);
        IF bytes IS NULL THEN
          EXECUTE format('SELECT %s(''user_events_default'')',
            CASE WHEN are_events_spread() THEN 'citus_relation_size' ELSE 'pg_relation_size' END) INTO bytes;
        END IF;
        IF NOT patient AND bytes > 8388608 THEN
          missing := missing + 1;
        ELSE
          PERFORM make_event_partition('user_events_' || to_char(month, 'YYYY_MM'),
            format('FOR VALUES FROM (%L) TO (%L)', month, following),
            format('occurred_at >= %L AND occurred_at < %L', month, following));
        END IF;
      END LOOP;
      RETURN missing;
    END $$`,

    // In three statements, each of which nodes run for their tenants at the same time: how far each tenant's
    // events in it go, whether that is refused, and what is told.
    `CREATE OR REPLACE FUNCTION drop_event_partition(tablename name, tenants varchar[]) RETURNS boolean ${asOwner} AS $$
    DECLARE
      ended timestamptz;
      is_refused boolean;
      found_tenants varchar[];
      places bigint[];
    BEGIN
      ${mayDo('DELETE')}
      IF NOT pg_try_advisory_xact_lock(hashtext('user_events')) THEN RETURN false; END IF;
      SELECT p.until INTO ended FROM event_partitions() p
      WHERE p.name = tablename AND p.until <= now() - interval '1 day';
      IF ended IS NULL THEN RETURN false; END IF;
      ${everywhere}
      -- Behind this nobody reads or writes any event: short statements only.
      LOCK TABLE ONLY user_events IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE sequence IS NULL)', tablename) INTO is_refused;
      IF is_refused THEN RETURN false; END IF;
      EXECUTE format('
        SELECT array_agg(tenant_id), array_agg(place) FROM (
          SELECT s.tenant_id, (
            SELECT e.sequence FROM %I e WHERE e.tenant_id = s.tenant_id AND e.sequence IS NOT NULL
            ORDER BY e.sequence DESC LIMIT 1) AS place
          FROM user_event_sequences s) gone
        WHERE place IS NOT NULL', tablename) INTO found_tenants, places;
      IF found_tenants IS NOT NULL THEN
        IF EXISTS (SELECT unnest(found_tenants) EXCEPT SELECT unnest(tenants)) THEN RETURN false; END IF;
        WITH gone AS MATERIALIZED (
          SELECT * FROM unnest(found_tenants, places) AS gone(tenant_id, place))
        SELECT EXISTS (
          SELECT 1 FROM user_event_sequences s JOIN gone ON s.tenant_id = gone.tenant_id
          WHERE EXISTS (
            SELECT 1 FROM user_events e WHERE e.tenant_id = s.tenant_id
              AND e.sequence > s.pruned AND e.sequence < gone.place
              AND e.occurred_at >= ended + interval '1 day')) INTO is_refused;
        IF is_refused THEN RETURN false; END IF;
        WITH gone AS MATERIALIZED (
          SELECT * FROM unnest(found_tenants, places) AS gone(tenant_id, place))
        UPDATE user_event_sequences s SET pruned = greatest(s.pruned, gone.place) FROM gone
        WHERE s.tenant_id = gone.tenant_id;
      END IF;
      EXECUTE format('DROP TABLE %I', tablename);
      RETURN true;
    END $$`,
  ];
};
