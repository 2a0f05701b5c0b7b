import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The trace of the request that made an event. No row is written anew. */
export class TraceEvents1764460000000 implements MigrationInterface {
  name = 'TraceEvents1764460000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE user_events ADD traceparent varchar(55)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE user_events DROP COLUMN traceparent`);
  }
}
