import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { tenantOfHost } from '../config/tenant-template.js';
import { inTransaction, query } from '../database/current-transaction.js';
import type { Run } from '../database/transaction.js';
import { invalidInput } from '../errors/app-error.js';
import type { JsonMode } from '../http/json-body.js';
import { failedPrecondition, type Preconditions } from '../http/preconditions.js';
import { MAX_AGE_MS } from '../tenancy/max-age.js';
import { selectSameTokens, type SameTokens } from '../tenancy/tenant.statements.js';
import { tokenTemplates } from '../tenancy/token-templates.js';
import { patchTenant } from './patch-tenant.js';
import { hostsInUse, idInUse, sameTokens, tenantInUse, tenantNotFound } from './tenant.errors.js';
import type { TenantFields, TenantPatch, TenantRecord } from './tenant-record.js';
import * as statements from './tenants.statements.js';

/** Rows that one statement deletes. */
const BATCH = 2_000;

/** The only writer of tenants. They are written one after the other. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly database: DataSource,
    private readonly env: Env,
  ) {}

  /** By their ids, those behind this one. */
  list(after: string, most: number): Promise<TenantRecord[]> {
    return query(this.database, statements.selectTenants(after, most));
  }

  /** @throws AppError entity.not_found */
  get(id: string): Promise<TenantRecord> {
    return this.read((statement) => query(this.database, statement), id);
  }

  /** @throws AppError tenant.…_already_in_use, guard.invalid_input */
  create(id: string, fields: TenantPatch): Promise<TenantRecord> {
    this.refuseReserved(fields.hosts);
    const tenant = patchTenant(fields, 'replace');
    return this.alone(async (run) => {
      if ((await run(statements.insertTenant(id, tenant))).length === 0) throw idInUse();
      return this.settle(run, id, tenant, fields.hosts);
    });
  }

  /** @throws AppError as `get` and `create` do, and request.precondition_failed */
  update(
    id: string,
    patch: TenantPatch,
    conditions: Preconditions,
    json: JsonMode,
  ): Promise<TenantRecord> {
    this.refuseReserved(patch.hosts);
    return this.alone(async (run) => {
      const tenant = await this.read(run, id, conditions);
      const {
        id: _id,
        version: _version,
        createdAt: _made,
        updatedAt: _changed,
        ...before
      } = tenant;
      const after = patchTenant(patch, json, before);
      if (isDeepStrictEqual(after, before)) return tenant;
      await run(statements.updateTenant(id, after));
      return this.settle(run, id, after, patch.hosts);
    });
  }

  /**
   * Deletes a tenant that is suspended, with all that it has. Broken off, it goes on when asked again.
   *
   * @param withUsers also when there are users
   * @throws AppError as `get` does, request.precondition_failed, tenant.in_use
   */
  async delete(id: string, conditions: Preconditions, withUsers = false): Promise<void> {
    const run: Run = (statement) => query(this.database, statement);
    const { updatedAt } = await this.deletable(run, id, conditions, withUsers);
    // Until then, another instance may take it for one that is not suspended.
    await sleep(Math.max(0, Math.min(MAX_AGE_MS, updatedAt.getTime() + MAX_AGE_MS - Date.now())));
    for (const table of statements.TABLES_OF_TENANTS)
      for (let deleted = BATCH; deleted > 0;)
        deleted =
          (await run<{ deleted: number }>(statements.deleteSome(table, id, BATCH)))[0]?.deleted ??
          0;
    await this.alone(async (inside) => {
      await this.deletable(inside, id, conditions, false);
      await inside(statements.deleteTenant(id));
    });
  }

  private async deletable(
    run: Run,
    id: string,
    conditions: Preconditions,
    withUsers: boolean,
  ): Promise<TenantRecord> {
    const tenant = await this.read(run, id, conditions);
    if (!tenant.isSuspended) throw tenantInUse('The tenant is not suspended.');
    const [users] = await run<{ found: boolean }>(statements.hasUsers(id));
    if (users?.found && !withUsers) throw tenantInUse('The tenant has users.');
    return tenant;
  }

  private alone<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    return inTransaction(this.database, undefined, async (run) => {
      await run(statements.lockTenants());
      return work(run);
    });
  }

  private async read(run: Run, id: string, conditions: Preconditions = {}): Promise<TenantRecord> {
    const [tenant] = await run<TenantRecord>(statements.selectTenantRecord(id));
    if (!tenant) throw tenantNotFound();
    const failure = failedPrecondition(conditions, tenant.version, 'tenant');
    if (failure) throw failure;
    return tenant;
  }

  /** @param given the hosts in the order of the body */
  private async settle(
    run: Run,
    id: string,
    { hosts }: TenantFields,
    given: string[] = [],
  ): Promise<TenantRecord> {
    await run(statements.deleteOtherHosts(id, hosts));
    const taken = await run<{ host: string }>(statements.selectTakenHosts(id, hosts));
    if (taken.length > 0) throw hostsInUse(taken.map(({ host }) => given.indexOf(host)));
    await run(statements.insertHosts(id, hosts));
    const [same] = await run<SameTokens>(selectSameTokens(tokenTemplates(this.env)));
    if (same) throw sameTokens(same);
    return this.read(run, id);
  }

  /** @throws AppError guard.invalid_input for hosts that are given by settings */
  private refuseReserved(hosts: string[] = []): void {
    const { TENANT_HOSTS, OPERATOR_HOSTS } = this.env;
    const violations = hosts.flatMap((host, index) => {
      const reason = OPERATOR_HOSTS.includes(host)
        ? 'is a host of operators (OPERATOR_HOSTS)'
        : tenantOfHost(TENANT_HOSTS, host) && 'is of the tenant that it names (TENANT_HOSTS)';
      return reason
        ? [{ pointer: `/hosts/${index}`, code: 'reserved' as const, detail: reason }]
        : [];
    });
    if (violations.length > 0) throw invalidInput(violations);
  }
}
