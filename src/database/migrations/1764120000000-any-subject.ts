import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns that hold the id of a user. */
const IDS = [
  ['users', 'id'],
  ['user_identities', 'user_id'],
  ['user_sso_identities', 'user_id'],
  ['user_events', 'user_id'],
  ['hook_deliveries', 'user_id'],
  ['idempotency_keys', 'user_id'],
] as const;

/**
 * An id is any subject of an identity provider: 255 characters (OpenID Connect Core 1.0, section 2).
 * And of an address it is known whether it was only assumed to be the user's.
 */
export class AnySubject1764120000000 implements MigrationInterface {
  name = 'AnySubject1764120000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, column] of IDS)
      await runner.query(`ALTER TABLE ${table} ALTER COLUMN ${column} TYPE varchar(255)`);
    await runner.query(`
      ALTER TABLE users
        ADD COLUMN primary_email_assumed boolean NOT NULL DEFAULT false,
        ADD COLUMN primary_phone_assumed boolean NOT NULL DEFAULT false`);
  }

  /** @throws QueryFailedError when an id is longer by now: it would be another one if it was cut */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE users DROP COLUMN primary_email_assumed, DROP COLUMN primary_phone_assumed`);
    for (const [table, column] of IDS)
      await runner.query(`ALTER TABLE ${table} ALTER COLUMN ${column} TYPE varchar(128)`);
  }
}
