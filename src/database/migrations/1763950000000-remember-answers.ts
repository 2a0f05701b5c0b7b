import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The answers of requests that had an Idempotency-Key, for those who ask again. */
export class RememberAnswers1763950000000 implements MigrationInterface {
  name = 'RememberAnswers1763950000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE idempotency_keys (
        tenant_id varchar(128) NOT NULL,
        id varchar(64) NOT NULL,
        fingerprint varchar(64) NOT NULL,
        user_id varchar(128),
        answer text,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE INDEX ix_idempotency_keys_tenant_id_expires_at
        ON idempotency_keys (tenant_id, expires_at)`);
    await runner.query(`
      CREATE INDEX ix_idempotency_keys_tenant_id_user_id ON idempotency_keys (tenant_id, user_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE idempotency_keys`);
  }
}
