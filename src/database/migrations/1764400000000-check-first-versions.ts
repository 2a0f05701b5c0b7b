import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whoever makes a user may wait for another who makes the same, which is then deleted: the last version that
 * the statement has read is then not the last. The key of the events told so far, which is to have the time
 * in it.
 */
export class CheckFirstVersions1764400000000 implements MigrationInterface {
  name = 'CheckFirstVersions1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    // For the RETURNING of the INSERT: the row is there by then, so nobody makes or deletes another one.
    // The caller runs its statement again.
    await runner.query(`
      CREATE FUNCTION confirm_first_version(tenant varchar, made varchar, first bigint) RETURNS boolean
      LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (
          SELECT FROM deleted_users WHERE tenant_id = tenant AND id = made AND version >= first)
        THEN
          RAISE serialization_failure USING MESSAGE = 'the user was deleted meanwhile';
        END IF;
        RETURN true;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION confirm_first_version`);
  }
}
