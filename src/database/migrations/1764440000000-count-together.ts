import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What instances count together when LIMITS_STORE is `postgres`, as RateLimiterPostgres of
 * rate-limiter-flexible has it. A crash may empty it: counts live for minutes.
 */
export class CountTogether1764440000000 implements MigrationInterface {
  name = 'CountTogether1764440000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE UNLOGGED TABLE rate_limits (
        key varchar(64) NOT NULL,
        points integer NOT NULL,
        expire bigint NOT NULL,
        CONSTRAINT pk_rate_limits PRIMARY KEY (key)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE rate_limits`);
  }
}
