import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../database/current-transaction.js';
import type { TenantId } from '../../database/tenant.js';
import type { StoredPassword } from '../../hashing/stored-password.js';
import { userNotFound } from './user.errors.js';
import { replaceDigest, selectPassword } from './user.statements.js';

/** The digests of users, which no user that is read has. */
@Injectable()
export class StoredPasswordsService {
  constructor(private readonly database: DataSource) {}

  /** The stored password, if there is one. @throws AppError entity.not_found */
  async get(tenantId: TenantId, id: string): Promise<StoredPassword | undefined> {
    const [row] = await query<Partial<StoredPassword>>(this.database, selectPassword(tenantId, id));
    if (!row) throw userNotFound();
    const { digest, algorithm } = row;
    return digest && algorithm ? { digest, algorithm } : undefined;
  }

  /** Stores a password that was verified in a stronger form, unless it was changed meanwhile. */
  async replace(
    tenantId: TenantId,
    id: string,
    from: StoredPassword,
    to: StoredPassword,
  ): Promise<void> {
    await query(this.database, replaceDigest(tenantId, id, from, to));
  }
}
