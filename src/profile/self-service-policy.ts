import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Env } from '../config/env.js';
import { AppError, invalidInput, type Violation } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';
import { caseFolded } from '../validation/case-folded.js';
import type { UserPatch } from '../users/user-row.js';

/** What a team allows its users to do with their own record; the settings `SELF_SERVICE_…`. */
@Injectable()
export class SelfServicePolicy {
  private readonly reserved: ReadonlySet<string>;
  private readonly clients: ReadonlySet<string>;

  constructor(private readonly env: Env) {
    this.reserved = new Set(env.RESERVED_USERNAMES.map((name) => caseFolded(name)));
    this.clients = new Set(env.SELF_SERVICE_CLIENTS);
  }

  /** @throws AppError auth.forbidden when the token's client may not use self-service */
  checkClient({ clientId }: Principal): void {
    if (this.clients.size === 0 || this.clients.has(clientId ?? '')) return;
    throw new AppError(
      'auth.forbidden',
      'The client that the access token was issued to may not use self-service (SELF_SERVICE_CLIENTS).',
    );
  }

  /** @throws AppError guard.invalid_input that names each field and the rule it is refused by */
  checkPatch(patch: UserPatch): void {
    const violations = Object.entries(patch).flatMap(([field, value]) =>
      this.refusals(field, value),
    );
    if (violations.length > 0) throw invalidInput(violations);
  }

  /** Leaves out the fields that are switched off. */
  shown<Fields extends object>(fields: Fields): Fields {
    const entries = Object.entries(fields).filter(([field]) => this.levelOf(field) !== 'off');
    return Object.fromEntries(entries) as Fields;
  }

  /** Whether it is a user name that users cannot take themselves. */
  isReserved(username: string | null | undefined): boolean {
    return this.reserved.has(caseFolded(username ?? ''));
  }

  private refusals(field: string, value: unknown): Violation[] {
    const pointer = jsonPointer([field]);
    if (this.levelOf(field) !== 'edit')
      return [{ pointer, code: 'read_only', detail: 'is not open to users (SELF_SERVICE_FIELDS)' }];
    if (field !== 'username' || !this.isReserved(value as string | null)) return [];
    return [{ pointer, code: 'reserved', detail: 'is reserved (RESERVED_USERNAMES)' }];
  }

  private levelOf(field: string): string {
    return this.env.SELF_SERVICE_FIELDS.get(field) ?? 'read-only';
  }
}
