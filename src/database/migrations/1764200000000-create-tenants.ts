import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tenants, and the hosts that are theirs beside those of TENANT_HOSTS. */
export class CreateTenants1764200000000 implements MigrationInterface {
  name = 'CreateTenants1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenants (
        id varchar(63) NOT NULL,
        issuer varchar(2048),
        jwks_uri varchar(2048),
        user_audience varchar(256),
        management_audience varchar(256),
        settings jsonb NOT NULL DEFAULT '{}',
        is_suspended boolean NOT NULL DEFAULT false,
        version bigint NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT pk_tenants PRIMARY KEY (id),
        CONSTRAINT ck_tenants_id CHECK (id ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
        CONSTRAINT ck_tenants_settings CHECK (jsonb_typeof(settings) = 'object')
      )`);
    await runner.query(`
      CREATE TABLE tenant_hosts (
        host varchar(253) NOT NULL,
        tenant_id varchar(63) NOT NULL,
        CONSTRAINT pk_tenant_hosts PRIMARY KEY (host),
        CONSTRAINT fk_tenant_hosts_tenant_id FOREIGN KEY (tenant_id)
          REFERENCES tenants (id) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX ix_tenant_hosts_tenant_id ON tenant_hosts (tenant_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE tenant_hosts`);
    await runner.query(`DROP TABLE tenants`);
  }
}
