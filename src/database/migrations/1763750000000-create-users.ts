import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1763750000000 implements MigrationInterface {
  name = 'CreateUsers1763750000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        tenant_id varchar(128) NOT NULL,
        id varchar(128) NOT NULL,
        username varchar(128),
        username_key varchar(128),
        primary_email varchar(128),
        primary_email_key varchar(256),
        primary_phone varchar(32),
        name varchar(128),
        avatar varchar(2048),
        custom_data jsonb NOT NULL DEFAULT '{}',
        profile jsonb NOT NULL DEFAULT '{}',
        last_sign_in_at timestamptz(3),
        application_id varchar(128),
        is_suspended boolean NOT NULL DEFAULT false,
        password_digest varchar(1024),
        password_algorithm varchar(32),
        version bigint NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT pk_users PRIMARY KEY (tenant_id, id),
        CONSTRAINT uq_users_tenant_id_username_key UNIQUE (tenant_id, username_key),
        CONSTRAINT uq_users_tenant_id_primary_email_key UNIQUE (tenant_id, primary_email_key),
        CONSTRAINT uq_users_tenant_id_primary_phone UNIQUE (tenant_id, primary_phone),
        CONSTRAINT ck_users_username_key CHECK ((username IS NULL) = (username_key IS NULL)),
        CONSTRAINT ck_users_primary_email_key
          CHECK ((primary_email IS NULL) = (primary_email_key IS NULL)),
        CONSTRAINT ck_users_custom_data CHECK (jsonb_typeof(custom_data) = 'object'),
        CONSTRAINT ck_users_profile CHECK (jsonb_typeof(profile) = 'object')
      )`);
    await runner.query(
      `CREATE INDEX ix_users_tenant_id_created_at_id ON users (tenant_id, created_at, id)`,
    );
    await runner.query(`
      CREATE TABLE user_identities (
        tenant_id varchar(128) NOT NULL,
        user_id varchar(128) NOT NULL,
        target varchar(128) NOT NULL,
        identity_id varchar(256) NOT NULL,
        details jsonb NOT NULL DEFAULT '{}',
        CONSTRAINT pk_user_identities PRIMARY KEY (tenant_id, user_id, target),
        CONSTRAINT uq_user_identities_tenant_id_target_identity_id
          UNIQUE (tenant_id, target, identity_id),
        CONSTRAINT fk_user_identities_tenant_id_user_id
          FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE user_sso_identities (
        tenant_id varchar(128) NOT NULL,
        id varchar(128) NOT NULL,
        user_id varchar(128) NOT NULL,
        issuer varchar(256) NOT NULL,
        identity_id varchar(256) NOT NULL,
        detail jsonb NOT NULL DEFAULT '{}',
        sso_connector_id varchar(128) NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT pk_user_sso_identities PRIMARY KEY (tenant_id, id),
        CONSTRAINT uq_user_sso_identities_tenant_id_issuer_identity_id
          UNIQUE (tenant_id, issuer, identity_id),
        CONSTRAINT uq_user_sso_identities_tenant_id_user_id_sso_connector_id
          UNIQUE (tenant_id, user_id, sso_connector_id),
        CONSTRAINT fk_user_sso_identities_tenant_id_user_id
          FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE user_sso_identities`);
    await runner.query(`DROP TABLE user_identities`);
    await runner.query(`DROP TABLE users`);
  }
}
