import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction, query } from '../database/current-transaction.js';
import type { Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { EventFeed } from '../events/record/event-feed.service.js';
import type { DeliveryRow } from './delivery-row.js';
import * as statements from './delivery.statements.js';
import { deliveryNotFound, hookNotFound } from '../hooks/record/hook.errors.js';
import { lockHook, selectHook } from '../hooks/record/hook.statements.js';

/** The log of deliveries, and how they begin again; the queue itself belongs to the background. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly database: DataSource,
    private readonly feed: EventFeed,
  ) {}

  /** @throws AppError entity.not_found */
  async list(
    tenantId: TenantId,
    hookId: string,
    page: statements.DeliveryQuery,
  ): Promise<DeliveryRow[]> {
    await this.checkHook(tenantId, hookId);
    return this.run(statements.selectDeliveries(tenantId, hookId, page));
  }

  /** One that is dead or delivered becomes pending again. @throws AppError entity.not_found */
  async replay(tenantId: TenantId, hookId: string, sequence: number): Promise<DeliveryRow> {
    const [again] = await this.runLocked<DeliveryRow>(
      tenantId,
      hookId,
      statements.replayDelivery(tenantId, hookId, sequence),
    );
    if (again) return again;
    const [pending] = await this.run<DeliveryRow>(
      statements.selectDelivery(tenantId, hookId, sequence),
    );
    if (pending) return pending;
    throw deliveryNotFound();
  }

  /**
   * @param what the sequence behind which everything is delivered again, or all dead letters
   * @returns how many dead letters, or how many places of the feed
   * @throws AppError entity.not_found, guard.invalid_input when the sequence was never given,
   *   event.expired when events behind it are deleted
   */
  async replayMany(tenantId: TenantId, hookId: string, what: number | 'dead'): Promise<number> {
    await this.checkHook(tenantId, hookId);
    if (what !== 'dead')
      await this.feed.read(tenantId, { after: what, limit: 1, types: undefined });
    const statement =
      what === 'dead'
        ? statements.replayDead(tenantId, hookId)
        : statements.rewind(tenantId, hookId, what);
    const [row] = await this.runLocked<{ replayed: number | string }>(tenantId, hookId, statement);
    return Number(row?.replayed ?? 0);
  }

  private async checkHook(tenantId: TenantId, hookId: string): Promise<void> {
    const [hook] = await this.run(selectHook(tenantId, hookId));
    if (!hook) throw hookNotFound();
  }

  /** Replays of one hook come one after the other: each judges by what the one before has left. */
  private runLocked<Row>(tenantId: TenantId, hookId: string, statement: Statement): Promise<Row[]> {
    return inTransaction(this.database, tenantId, async () => {
      await this.run(lockHook(tenantId, hookId));
      return this.run<Row>(statement);
    });
  }

  private run<Row>(statement: Statement): Promise<Row[]> {
    return query<Row>(this.database, statement);
  }
}
