import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes for searching users by substring and by custom data. Both extensions are «trusted»: the
 * owner of the database may create them. btree_gin is for the tenant in front.
 */
export class SearchUsers1763850000000 implements MigrationInterface {
  name = 'SearchUsers1763850000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE EXTENSION IF NOT EXISTS pg_trgm`);
    await runner.query(`CREATE EXTENSION IF NOT EXISTS btree_gin`);
    await runner.query(`
      CREATE INDEX ix_users_tenant_id_text ON users USING gin (
        tenant_id, id gin_trgm_ops, username gin_trgm_ops, primary_email gin_trgm_ops,
        primary_phone gin_trgm_ops, name gin_trgm_ops)`);
    await runner.query(`
      CREATE INDEX ix_users_tenant_id_custom_data ON users USING gin (
        tenant_id, custom_data jsonb_path_ops)`);
    await runner.query(`
      CREATE INDEX ix_users_tenant_id_suspended ON users (tenant_id, created_at, id)
        WHERE is_suspended`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_users_tenant_id_suspended`);
    await runner.query(`DROP INDEX ix_users_tenant_id_custom_data`);
    await runner.query(`DROP INDEX ix_users_tenant_id_text`);
  }
}
