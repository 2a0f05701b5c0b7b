import { describe, expect, it } from '@jest/globals';
import { PARTS } from './parts.js';

const seed = Number(process.env['PROVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`npm run prove, in its short form, from PROVE_SEED=${seed}`, () => {
  it.each(PARTS)('finds nothing that is not as promised: $name', async (part) => {
    const rows = await part.run({ seed, isShort: true, minutes: 0 });
    expect(rows.reduce((all, { cases }) => all + cases, 0)).toBeGreaterThan(0);
    expect(
      rows.flatMap(({ claim, faults }) => faults.map((fault) => `${claim}\n${fault}`)),
    ).toEqual([]);
  });
});
