import { invalidInput } from '../errors/app-error.js';

/**
 * A provider's or connector's name in a path: characters of any script that can be seen. In a URL,
 * `.` and `..` are steps.
 */
export const IDENTITY_KEY =
  /^(?!\.{1,2}$)(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}\p{P}\p{S}]){1,128}$/u;

/** @throws AppError guard.invalid_input */
export function identityKey(parameter: string, value: string): string {
  if (IDENTITY_KEY.test(value)) return value;
  const detail = 'must be 1 to 128 visible characters, and neither . nor ..';
  throw invalidInput([{ pointer: `/${parameter}`, code: 'invalid_format', detail }]);
}
