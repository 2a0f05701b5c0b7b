import type { Principal } from '../auth/principal.js';
import { AppError, invalidInput, type Violation } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';
import type { Tenant } from '../tenancy/tenant.js';
import { caseFolded } from '../text/case-folded.js';
import type { UserPatch } from '../users/record/user-row.js';

/** What a team allows its users to do with their own record. */
export type SelfService = Tenant['selfService'];

/** @throws AppError auth.forbidden when the token's client may not use self-service */
export function checkClient({ clients }: SelfService, { clientId }: Principal): void {
  if (clients.length === 0 || clients.includes(clientId ?? '')) return;
  throw new AppError(
    'auth.forbidden',
    'The client that the access token was issued to may not use self-service (SELF_SERVICE_CLIENTS).',
  );
}

/** @throws AppError guard.invalid_input that names each field and the rule it is refused by */
export function checkPatch(policy: SelfService, patch: UserPatch): void {
  const violations = Object.entries(patch).flatMap(([field, value]) =>
    refusals(policy, field, value),
  );
  if (violations.length > 0) throw invalidInput(violations);
}

/** Leaves out the fields that are switched off. */
export function shown<Fields extends object>(policy: SelfService, fields: Fields): Fields {
  const entries = Object.entries(fields).filter(([field]) => levelOf(policy, field) !== 'off');
  return Object.fromEntries(entries) as Fields;
}

/** Whether it is a user name that users cannot take themselves. */
export function isReserved(policy: SelfService, username: string | null | undefined): boolean {
  let keys = reserved.get(policy);
  if (!keys) {
    keys = new Set(policy.reservedUsernames.map((name) => caseFolded(name)));
    reserved.set(policy, keys);
  }
  return keys.has(caseFolded(username ?? ''));
}

const reserved = new WeakMap<SelfService, ReadonlySet<string>>();

function refusals(policy: SelfService, field: string, value: unknown): Violation[] {
  const pointer = jsonPointer([field]);
  if (levelOf(policy, field) !== 'edit')
    return [{ pointer, code: 'read_only', detail: 'is not open to users (SELF_SERVICE_FIELDS)' }];
  if (field !== 'username' || !isReserved(policy, value as string | null)) return [];
  return [{ pointer, code: 'reserved', detail: 'is reserved (RESERVED_USERNAMES)' }];
}

const levelOf = ({ fields }: SelfService, field: string) => fields.get(field) ?? 'read-only';
