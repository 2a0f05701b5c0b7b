import { invalidInput } from '../errors/app-error.js';
import { isDots } from '../validation/rules.js';

/** A provider's or connector's name in a path. */
export const IDENTITY_KEY = /^[A-Za-z0-9_.-]{1,128}$/;

/** @throws AppError guard.invalid_input */
export function identityKey(parameter: string, value: string): string {
  if (IDENTITY_KEY.test(value) && !isDots(value)) return value;
  const detail = `must match ${IDENTITY_KEY.source}`;
  throw invalidInput([{ pointer: `/${parameter}`, code: 'invalid_format', detail }]);
}
