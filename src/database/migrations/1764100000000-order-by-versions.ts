import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The order of a user's events is that of its versions, which no clock can turn; and the versions of
 * an id only ever go up, also when its user is deleted and made again. What a write answers is the one
 * state of the user that its version names: see docs/adr/0009.
 */
export class OrderByVersions1764100000000 implements MigrationInterface {
  name = 'OrderByVersions1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await this.liftVersions(runner);
    await runner.query(`ALTER TABLE user_events DROP CONSTRAINT pk_user_events`);
    await runner.query(`
      ALTER TABLE user_events
        ADD CONSTRAINT pk_user_events PRIMARY KEY (tenant_id, user_id, version)`);
    await runner.query(`
      CREATE TABLE deleted_users (
        tenant_id varchar(128) NOT NULL,
        id varchar(255) NOT NULL,
        version bigint NOT NULL,
        CONSTRAINT pk_deleted_users PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      INSERT INTO deleted_users (tenant_id, id, version)
      SELECT tenant_id, user_id, max(version) FROM user_events
      WHERE type = 'User.Deleted' GROUP BY tenant_id, user_id`);
    await this.createFunctions(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION current_sso_identities(varchar, varchar)`);
    await runner.query(`DROP FUNCTION current_identities(varchar, varchar)`);
    await runner.query(`DROP FUNCTION first_user_version(varchar, varchar)`);
    // The function that numbers events stays: it is right for the other key, too.
    await runner.query(`DROP TABLE deleted_users`);
    await runner.query(`ALTER TABLE user_events DROP CONSTRAINT pk_user_events`);
    await runner.query(`
      ALTER TABLE user_events
        ADD CONSTRAINT pk_user_events PRIMARY KEY (tenant_id, user_id, occurred_at, version)`);
  }

  /** Who was made again began at 1: its versions now go on behind those of its life before. */
  private async liftVersions(runner: QueryRunner): Promise<void> {
    await runner.query(`
      WITH lived AS (
        SELECT tenant_id, user_id, occurred_at, version,
          count(*) FILTER (WHERE type = 'User.Created') OVER (
            PARTITION BY tenant_id, user_id ORDER BY sequence, occurred_at, version) AS life
        FROM user_events),
      life AS (
        SELECT tenant_id, user_id, life, coalesce(sum(max(version)) OVER (
          PARTITION BY tenant_id, user_id ORDER BY life
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM lived GROUP BY tenant_id, user_id, life),
      last AS (
        SELECT DISTINCT ON (tenant_id, user_id) * FROM life ORDER BY tenant_id, user_id, life DESC),
      lifted AS (
        UPDATE users u SET version = u.version + last.before
        FROM last WHERE u.tenant_id = last.tenant_id AND u.id = last.user_id AND last.before > 0)
      UPDATE user_events e SET version = e.version + life.before
      FROM lived JOIN life USING (tenant_id, user_id, life)
      WHERE e.tenant_id = lived.tenant_id AND e.user_id = lived.user_id
        AND e.occurred_at = lived.occurred_at AND e.version = lived.version AND life.before > 0`);
  }

  private async createFunctions(runner: QueryRunner): Promise<void> {
    await runner.query(SEQUENCE_USER_EVENTS);
    // The first version of a user who is to be made. Whoever deletes one with this id just now is
    // waited for: only then is the last version known.
    await runner.query(`
      CREATE FUNCTION first_user_version(tenant varchar, wanted varchar) RETURNS bigint
      LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM users WHERE tenant_id = tenant AND id = wanted FOR KEY SHARE;
        RETURN 1 + coalesce(
          (SELECT version FROM deleted_users WHERE tenant_id = tenant AND id = wanted), 0);
      END $$`);
    // For statements that hold the row of the user: they may have waited for it, and would else see
    // what belongs to the user as it was before. A volatile function sees what is committed by now.
    await runner.query(`
      CREATE FUNCTION current_identities(tenant varchar, owner varchar) RETURNS jsonb
      LANGUAGE plpgsql AS $$
      BEGIN
        RETURN (
          SELECT coalesce(jsonb_object_agg(i.target,
            jsonb_build_object('userId', i.identity_id, 'details', i.details)), '{}')
          FROM user_identities i WHERE i.tenant_id = tenant AND i.user_id = owner);
      END $$`);
    await runner.query(`
      CREATE FUNCTION current_sso_identities(tenant varchar, owner varchar) RETURNS jsonb
      LANGUAGE plpgsql AS $$
      BEGIN
        RETURN (
          SELECT coalesce(jsonb_agg(jsonb_build_object(
            'tenantId', s.tenant_id, 'id', s.id, 'userId', s.user_id, 'issuer', s.issuer,
            'identityId', s.identity_id, 'detail', s.detail,
            'createdAt', (extract(epoch FROM s.created_at) * 1000)::bigint,
            'ssoConnectorId', s.sso_connector_id) ORDER BY s.created_at, s.id), '[]')
          FROM user_sso_identities s WHERE s.tenant_id = tenant AND s.user_id = owner);
      END $$`);
  }
}

/**
 * Numbers the oldest events without a number, together with all earlier ones of the same users: no
 * event comes before one of a lower version, whatever their times say. The row of
 * user_event_sequences stays locked until the numbers are committed, so whoever sees one number sees
 * all before it.
 */
export const SEQUENCE_USER_EVENTS = `
  CREATE OR REPLACE FUNCTION sequence_user_events(tenant varchar, most integer) RETURNS bigint
  LANGUAGE plpgsql AS $$
  DECLARE
    head bigint;
    numbered integer;
  BEGIN
    IF EXISTS (SELECT FROM user_events WHERE tenant_id = tenant AND sequence IS NULL) THEN
      SELECT last INTO head FROM user_event_sequences WHERE tenant_id = tenant FOR UPDATE;
      WITH next AS (
        SELECT user_id, occurred_at, version FROM user_events
        WHERE tenant_id = tenant AND sequence IS NULL
        ORDER BY occurred_at, user_id, version LIMIT most),
      reach AS (
        SELECT user_id, max(version) AS version FROM next GROUP BY user_id),
      complete AS (
        SELECT e.user_id, e.version,
          max(e.occurred_at) OVER (PARTITION BY e.user_id ORDER BY e.version) AS at
        FROM reach CROSS JOIN LATERAL (
          SELECT * FROM user_events own
          WHERE own.tenant_id = tenant AND own.user_id = reach.user_id
            AND own.version <= reach.version
            AND own.version > coalesce((
              SELECT done.version FROM user_events done
              WHERE done.tenant_id = tenant AND done.user_id = reach.user_id
                AND done.sequence IS NOT NULL
              ORDER BY done.version DESC LIMIT 1), 0)) e),
      place AS (
        SELECT user_id, version, row_number() OVER (ORDER BY at, user_id, version) AS place
        FROM complete)
      UPDATE user_events e SET sequence = head + place.place
      FROM place
      WHERE e.tenant_id = tenant AND e.user_id = place.user_id AND e.version = place.version
        AND e.sequence IS NULL;
      GET DIAGNOSTICS numbered = ROW_COUNT;
      UPDATE user_event_sequences SET last = head + numbered WHERE tenant_id = tenant;
    END IF;
    RETURN (SELECT last FROM user_event_sequences WHERE tenant_id = tenant);
  END $$`;
