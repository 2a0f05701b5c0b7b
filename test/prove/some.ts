import fc from 'fast-check';

/** So many of them at most, as the seed has it. */
export function some<Item>(items: Item[], most: number, seed: number): Item[] {
  const size = Math.min(most, items.length);
  const subarray = fc.shuffledSubarray(items, { minLength: size, maxLength: size });
  return fc.sample(subarray, { seed, numRuns: 1 })[0] ?? [];
}

/** Of each row, in `npm test`. */
export const SHORT_CASES = 250;
