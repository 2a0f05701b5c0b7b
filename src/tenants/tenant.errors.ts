import { AppError, invalidInput, type Violation } from '../errors/app-error.js';
import type { SameTokens } from '../tenancy/tenant.statements.js';

export const tenantNotFound = () => new AppError('entity.not_found', 'There is no such tenant.');

export const tenantInUse = (detail: string) => new AppError('tenant.in_use', detail);

type Conflict = Extract<Violation['code'], `tenant.${string}`>;

const conflict = (code: Conflict, pointers: string[], detail = 'is already in use') =>
  invalidInput(pointers.map((pointer) => ({ pointer, code, detail })));

export const idInUse = () => conflict('tenant.id_already_in_use', ['/id']);

/** @param taken where they stand in the body */
export const hostsInUse = (taken: number[]) =>
  conflict(
    'tenant.host_already_in_use',
    taken.map((index) => `/hosts/${index}`),
  );

/** What it means that tokens of one would be accepted by another. */
export function sameTokens({ one, other }: SameTokens): AppError {
  const who = one === '' ? 'operators' : 'another tenant';
  const detail =
    one === other
      ? 'has one audience for user and management tokens'
      : `is, with its audience, already that of ${who}: their tokens could not be told apart`;
  return conflict('tenant.issuer_already_in_use', ['/issuer'], detail);
}
