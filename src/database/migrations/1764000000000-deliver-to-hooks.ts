import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Hooks, the log of their deliveries, and the schema of the queue: see docs/adr/0007. */
export class DeliverToHooks1764000000000 implements MigrationInterface {
  name = 'DeliverToHooks1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE hooks (
        tenant_id varchar(128) NOT NULL,
        id varchar(12) NOT NULL,
        url varchar(2048) NOT NULL,
        types jsonb NOT NULL,
        headers text,
        secrets text NOT NULL,
        enabled boolean NOT NULL,
        exclude_client_ids jsonb NOT NULL,
        last_sequence bigint NOT NULL,
        runs bigint NOT NULL DEFAULT 0,
        rewound boolean NOT NULL DEFAULT false,
        dispatched_at timestamptz NOT NULL DEFAULT now(),
        version bigint NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT pk_hooks PRIMARY KEY (tenant_id, id)
      )`);
    await runner.query(`
      CREATE TABLE hook_deliveries (
        tenant_id varchar(128) NOT NULL,
        hook_id varchar(12) NOT NULL,
        sequence bigint NOT NULL,
        event_id uuid NOT NULL,
        type varchar(64) NOT NULL,
        user_id varchar(128) NOT NULL,
        state varchar(16) NOT NULL DEFAULT 'pending',
        queued boolean NOT NULL DEFAULT true,
        run bigint NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        status_code integer,
        error varchar(256),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT pk_hook_deliveries PRIMARY KEY (tenant_id, hook_id, sequence),
        CONSTRAINT ck_hook_deliveries_state CHECK (state IN ('pending', 'delivered', 'dead'))
      )`);
    await runner.query(`
      CREATE INDEX ix_hook_deliveries_tenant_id_hook_id_state_sequence
        ON hook_deliveries (tenant_id, hook_id, state, sequence)`);
    await runner.query(`
      CREATE INDEX ix_hook_deliveries_tenant_id_hook_id_unqueued
        ON hook_deliveries (tenant_id, hook_id, sequence) WHERE NOT queued`);
    // What is left of a run that broke off, where a schema is no part of a transaction.
    await runner.query(`DROP SCHEMA IF EXISTS hook_queue CASCADE`);
    const { getConstructionPlans } = await import('pg-boss');
    await runner.query(withoutTransaction(getConstructionPlans('hook_queue')));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA hook_queue CASCADE`);
    await runner.query(`DROP TABLE hook_deliveries`);
    await runner.query(`DROP TABLE hooks`);
  }
}

/** The plans are one transaction of their own; here they are a part of the migration's. */
const withoutTransaction = (plans: string) =>
  plans.replace(/^\s*BEGIN;/, '').replace(/COMMIT;\s*$/, '');
