import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { ConfigurationError } from '../config/configuration-error.js';
import { Env } from '../config/env.js';
import { tenantOfHost } from '../config/tenant-template.js';
import type { TenantId } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import { Recent } from './recent.js';
import { requestHost } from './request-host.js';
import type { Tenant } from './tenant.js';
import { TenantStore } from './tenant-store.js';
import type { TenantRow } from './tenant-row.js';
import { onlyTenant, toTenant } from './to-tenant.js';
import { tokenTemplates } from './token-templates.js';

interface Known {
  tenant: Tenant;
  isSuspended: boolean;
}

/** Which tenant a request is for. What it knows is at most 5 s old. */
@Injectable()
export class Tenants implements OnApplicationBootstrap {
  /** Without TENANT_HOSTS: then nothing is looked up, and no host is needed. */
  readonly only: Tenant | undefined;
  private readonly store: TenantStore;
  private readonly byId: Recent<Known>;
  private readonly byHost: Recent<Known>;

  constructor(
    private readonly env: Env,
    database: DataSource,
  ) {
    this.only = env.TENANT_HOSTS.length === 0 ? onlyTenant(env) : undefined;
    this.store = new TenantStore(database);
    const known = (row: TenantRow | undefined) =>
      row && { tenant: toTenant(row, env), isSuspended: row.isSuspended };
    this.byId = new Recent(async (id) => known(await this.store.find(id)));
    this.byHost = new Recent(async (host) => known(await this.store.findByHost(host)));
  }

  /** Other settings may make tenants alike that were not when they were made. @throws ConfigurationError */
  async onApplicationBootstrap(): Promise<void> {
    if (this.only) return;
    const same = await this.store.sameTokens(tokenTemplates(this.env));
    if (!same) return;
    const who = same.one === '' ? 'operators' : `the tenant ${same.one}`;
    throw new ConfigurationError(
      `AUTH_ISSUER: ${who} and the tenant ${same.other} would accept the same tokens`,
    );
  }

  /**
   * The tenant of the host of a request.
   *
   * @throws AppError request.unknown_host, tenant.suspended
   */
  of(request: FastifyRequest): Tenant | Promise<Tenant> {
    if (this.only) return this.only;
    const host = requestHost(request, this.env);
    if (host === undefined) throw unknownHost();
    const id = tenantOfHost(this.env.TENANT_HOSTS, host);
    const known = id === undefined ? this.byHost.get(host) : this.byId.get(id);
    return known instanceof Promise ? known.then(open) : open(known);
  }

  /**
   * Whether a request that goes on for long may go on.
   *
   * @throws AppError as `of` does, within 5 s of when that begins to
   */
  async checkOpen(id: TenantId): Promise<void> {
    if (!this.only) open(await this.byId.get(id));
  }

  /** For work that is no request, also of a tenant that is suspended. */
  async get(id: TenantId): Promise<Tenant | undefined> {
    if (this.only) return id === this.only.id ? this.only : undefined;
    return (await this.byId.get(id))?.tenant;
  }
}

function open(known: Known | undefined): Tenant {
  if (!known) throw unknownHost();
  if (known.isSuspended) throw new AppError('tenant.suspended', 'The tenant is suspended.');
  return known.tenant;
}

const unknownHost = () => new AppError('request.unknown_host', 'There is no tenant of this host.');
