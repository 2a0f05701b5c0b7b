import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A look at all hooks finds those with pending deliveries, and does not search the log of each for one. */
export class FindBusyHooks1764430000000 implements MigrationInterface {
  name = 'FindBusyHooks1764430000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX ix_hook_deliveries_tenant_id_hook_id_pending
        ON hook_deliveries (tenant_id, hook_id) WHERE state = 'pending'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_hook_deliveries_tenant_id_hook_id_pending`);
  }
}
