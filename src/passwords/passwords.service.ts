import { Injectable } from '@nestjs/common';
import type { TenantId } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import { StoredPasswordsService } from '../users/record/stored-passwords.service.js';
import { PasswordHasher } from '../hashing/password-hasher.js';

@Injectable()
export class PasswordsService {
  constructor(
    private readonly passwords: StoredPasswordsService,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Passes when it is the user's password, and then replaces a digest that is not argon2id.
   *
   * @throws AppError session.invalid_credentials, the same for a wrong password and for none;
   *   entity.not_found
   */
  async verify(tenantId: TenantId, id: string, password: string): Promise<void> {
    const stored = await this.passwords.get(tenantId, id);
    if (!(await this.hasher.verify(password, stored)))
      throw new AppError('session.invalid_credentials', 'The password is not correct.');
    if (stored && this.hasher.isOutdated(stored, password))
      await this.passwords.replace(tenantId, id, stored, await this.hasher.hash(password));
  }
}
