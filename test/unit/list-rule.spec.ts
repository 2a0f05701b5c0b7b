import { describe, expect, it } from '@jest/globals';
import { listFaults } from '../../src/validation/list-rule.js';
import { fault } from '../../src/validation/rules.js';

/** Numbers are good, objects are wrong in a part of theirs, all others as a whole. */
const faultsOf = (item: unknown) => {
  if (typeof item === 'number') return [];
  const [wrong] = fault('invalid_type', 'is none');
  return wrong ? [typeof item === 'object' ? { ...wrong, at: ['part'] } : wrong] : [];
};
const NONE = { code: 'invalid_type', detail: 'is none' };
const TWICE = { code: 'invalid_format', detail: 'stands twice' };

describe('listFaults', () => {
  it.each<[unknown, object[]]>([
    [[], []],
    [[1, 2, 3], []],
    ['1', [{ code: 'invalid_type', detail: 'must be an array' }]],
    [[1, 2, 3, 4], [{ code: 'too_long', detail: 'must have at most 3 entries' }]],
    [[1, 2, 1], [{ ...TWICE, at: [2] }]],
    [
      ['a', {}, 'a'],
      [
        { ...NONE, at: [0] },
        { ...NONE, at: [1, 'part'] },
        { ...TWICE, at: [2] },
      ],
    ],
  ])('finds in %j, of three numbers at most: %j', (list, faults) => {
    expect(listFaults(list, 3, faultsOf)).toEqual(faults);
  });
});
