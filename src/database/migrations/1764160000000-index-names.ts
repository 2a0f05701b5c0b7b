import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Exact names are looked up as they are compared: without regard to case. */
export class IndexNames1764160000000 implements MigrationInterface {
  name = 'IndexNames1764160000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX ix_users_tenant_id_lower_name ON users (tenant_id, lower(name))`,
    );
    // Until it is analysed, the planner takes any two hundred names for all there are.
    await runner.query(`ANALYZE users`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_users_tenant_id_lower_name`);
  }
}
