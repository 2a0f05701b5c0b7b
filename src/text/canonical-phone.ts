import { createRequire } from 'node:module';
import type * as libphonenumber from 'libphonenumber-js';

// The CommonJS that class-validator has loaded already: as ES modules, all of it would be there twice.
const { parsePhoneNumberFromString } = createRequire(import.meta.url)(
  'libphonenumber-js',
) as typeof libphonenumber;

/** National zeros that a number may begin with by mistake: each round drops one. */
const MAX_ROUNDS = 16;

/**
 * The canonical form (E.164 without the plus sign) of an international number in digits, without
 * the national leading 0; undefined when there can be no such number.
 */
export function canonicalPhone(digits: string): string | undefined {
  let canonical = digits;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const number = parsePhoneNumberFromString(`+${canonical}`);
    if (!number?.isPossible()) return undefined;
    const next = number.number.slice(1);
    if (next === canonical) return canonical;
    canonical = next;
  }
  return undefined;
}
