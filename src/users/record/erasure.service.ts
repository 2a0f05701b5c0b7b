import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction, query } from '../../database/current-transaction.js';
import type { TenantId } from '../../database/tenant.js';
import { AppError } from '../../errors/app-error.js';
import { eraseEvents } from '../../events/record/event.statements.js';
import { eraseAnswers } from '../../writes/idempotency.statements.js';
import { userNotFound } from './user.errors.js';
import { UsersService, type WriteAccess } from './users.service.js';

/** Deletes users with all that was ever known of them (GDPR, article 17). */
@Injectable()
export class ErasureService {
  constructor(
    private readonly database: DataSource,
    private readonly users: UsersService,
  ) {}

  /**
   * Deletes the user, if there still is one, and every value of the user that events and remembered
   * answers hold. The events themselves stay, and so does the order of the feed.
   *
   * @throws AppError entity.not_found when there is neither a user nor an event of one,
   *   request.precondition_failed
   */
  async erase(tenantId: TenantId, id: string, write: WriteAccess): Promise<void> {
    await inTransaction(this.database, tenantId, async () => {
      const isDeleted = await this.deleteIfThere(tenantId, id, write);
      const [erased] = await query<{ events: number }>(this.database, eraseEvents(tenantId, id));
      if (!isDeleted && (erased?.events === 0 || write.ifMatch)) throw userNotFound();
      await query(this.database, eraseAnswers(tenantId, id));
    });
  }

  private async deleteIfThere(
    tenantId: TenantId,
    id: string,
    write: WriteAccess,
  ): Promise<boolean> {
    try {
      await this.users.delete(tenantId, id, write);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'entity.not_found') return false;
      throw error;
    }
  }
}
