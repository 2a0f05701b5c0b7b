import type { Fault } from './rule.js';
import { fault } from './rules.js';

/** What is wrong with a list of at most so many entries, each another one and each good by itself. */
export function listFaults(
  value: unknown,
  most: number,
  faultsOf: (item: unknown) => Fault[],
): Fault[] {
  if (!Array.isArray(value)) return fault('invalid_type', 'must be an array');
  if (value.length > most) return fault('too_long', `must have at most ${most} entries`);
  const seen = new Set<unknown>();
  return value.flatMap((item: unknown, index) => {
    const found = seen.has(item) ? fault('invalid_format', 'stands twice') : faultsOf(item);
    seen.add(item);
    return found.map(({ at = [], ...one }) => ({ ...one, at: [index, ...at] }));
  });
}
