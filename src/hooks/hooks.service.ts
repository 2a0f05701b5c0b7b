import { isDeepStrictEqual } from 'node:util';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction, query } from '../database/current-transaction.js';
import type { Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import type { Run } from '../database/transaction.js';
import { EventSequencer } from '../events/record/event-sequencer.js';
import type { JsonMode } from '../http/json-body.js';
import { failedPrecondition, type Preconditions } from '../http/preconditions.js';
import { randomId } from '../text/random-id.js';
import { hookNotFound, MAX_HOOKS, tooManyHooks } from './record/hook.errors.js';
import * as statements from './record/hook.statements.js';
import { type HookKey, queueOf } from './record/hook-key.js';
import { HookSeal } from './record/hook-seal.js';
import type { Hook, HookPatch, HookSettings, SealedHook } from './record/hook-row.js';
import { patchHook } from './patch-hook.js';
import { newSecret, rotated } from './record/signing-secret.js';

/** A hook whose secret is new, and shown this once. */
export interface NewHook {
  hook: Hook;
  secret: string;
}

/** The only writer of what management clients set of hooks. */
@Injectable()
export class HooksService implements OnApplicationBootstrap {
  private readonly log = new Logger('hooks');

  constructor(
    private readonly database: DataSource,
    private readonly sequencer: EventSequencer,
    private readonly seal: HookSeal,
  ) {}

  /** A wrong key is told at start: without it, deliveries fail one by one. */
  async onApplicationBootstrap(): Promise<void> {
    const hooks = await this.run<SealedHook & HookKey>(statements.selectAllHooks());
    const closed = hooks.filter((hook) => !this.seal.opens(hook)).map(queueOf);
    if (closed.length > 0)
      this.log.warn(
        `SECRETS_KEY: no key opens what is stored of these hooks: ${closed.join(', ')}`,
      );
  }

  /** @throws AppError hook.not_configured */
  async list(tenantId: TenantId): Promise<Hook[]> {
    const hooks = await this.run<SealedHook>(statements.selectHooks(tenantId));
    return hooks.map((hook) => this.seal.open(tenantId, hook));
  }

  /** @throws AppError entity.not_found, hook.not_configured */
  async get(tenantId: TenantId, id: string): Promise<Hook> {
    const [hook] = await this.run<SealedHook>(statements.selectHook(tenantId, id));
    if (!hook) throw hookNotFound();
    return this.seal.open(tenantId, hook);
  }

  /**
   * A hook that gets every event from now on.
   *
   * @throws AppError hook.too_many, hook.not_configured
   */
  async create(tenantId: TenantId, settings: HookSettings): Promise<NewHook> {
    const id = randomId();
    const secret = newSecret();
    // What is committed by now is not from now on: it gets its place first.
    await this.sequencer.advance(tenantId);
    return this.transaction(tenantId, async (run) => {
      const [feed] = await run<{ last: string }>(statements.lockEndOfFeed(tenantId));
      const [stored] = await run<{ count: number }>(statements.countHooks(tenantId));
      if (Number(stored?.count) >= MAX_HOOKS) throw tooManyHooks();
      const headers = this.seal.sealHeaders({ tenantId, id, headers: settings.headers });
      const secrets = this.seal.sealSecrets({ tenantId, id }, [{ secret }]);
      const [hook] = await run<SealedHook>(
        statements.insertHook(tenantId, { ...settings, id, headers, secrets }, feed?.last ?? '0'),
      );
      return { hook: this.seal.open(tenantId, hook as SealedHook), secret };
    });
  }

  /** @throws AppError entity.not_found, request.precondition_failed, hook.not_configured */
  update(
    tenantId: TenantId,
    id: string,
    patch: HookPatch,
    conditions: Preconditions,
    json: JsonMode,
  ) {
    return this.change(tenantId, id, conditions, (hook) => patchHook(hook, patch, json));
  }

  /** A new secret; the old one signs on for 24 hours. @throws as `update` does */
  async rotateSecret(tenantId: TenantId, id: string, conditions: Preconditions): Promise<NewHook> {
    const secret = newSecret();
    const hook = await this.change(tenantId, id, conditions, (before) => {
      const secrets = rotated(this.seal.openSecrets({ ...before, tenantId }), secret, Date.now());
      return { ...before, secrets: this.seal.sealSecrets({ tenantId, id }, secrets) };
    });
    return { hook, secret };
  }

  /** @throws AppError entity.not_found, request.precondition_failed */
  delete(tenantId: TenantId, id: string, conditions: Preconditions): Promise<void> {
    return this.transaction(tenantId, async (run) => {
      await this.lock(tenantId, run, id, conditions);
      await run(statements.deleteHook(tenantId, id));
    });
  }

  private change(
    tenantId: TenantId,
    id: string,
    conditions: Preconditions,
    next: (hook: Hook) => Hook,
  ) {
    return this.transaction(tenantId, async (run) => {
      const sealed = await this.lock(tenantId, run, id, conditions);
      const before = this.seal.open(tenantId, sealed);
      const after = next(before);
      if (isDeepStrictEqual(after, before)) return before;
      const isSame = isDeepStrictEqual(after.headers, before.headers);
      const headers = isSame ? sealed.headers : this.seal.sealHeaders({ ...after, tenantId });
      const [updated] = await run<SealedHook>(
        statements.updateHook(tenantId, { ...after, headers }),
      );
      return this.seal.open(tenantId, updated as SealedHook);
    });
  }

  private async lock(
    tenantId: TenantId,
    run: Run,
    id: string,
    conditions: Preconditions,
  ): Promise<SealedHook> {
    const [hook] = await run<SealedHook>(statements.lockHook(tenantId, id));
    if (!hook) throw hookNotFound();
    const failure = failedPrecondition(conditions, hook.version, 'hook');
    if (failure) throw failure;
    return hook;
  }

  private run<Row>(statement: Statement): Promise<Row[]> {
    return query<Row>(this.database, statement);
  }

  private transaction<Result>(
    tenantId: TenantId,
    work: (run: Run) => Promise<Result>,
  ): Promise<Result> {
    return inTransaction(this.database, tenantId, work);
  }
}
