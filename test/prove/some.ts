import fc from 'fast-check';
import type { Settings } from './part.js';

/** So many of them at most, as the seed has it. */
export function some<Item>(items: Item[], most: number, seed: number): Item[] {
  const size = Math.min(most, items.length);
  const subarray = fc.shuffledSubarray(items, { minLength: size, maxLength: size });
  return fc.sample(subarray, { seed, numRuns: 1 })[0] ?? [];
}

/** As many as there is time for: in `npm test`, and else. */
export const enough = <Item>(items: Item[], { isShort, seed }: Settings) =>
  some(items, isShort ? 250 : 4_000, seed);
