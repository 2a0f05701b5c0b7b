import { describe, expect, it } from '@jest/globals';
import { keptSince } from '../../src/retention/kept-since.js';

const NOW = new Date('2026-03-15T12:34:56.789Z');

describe('events are kept', () => {
  it.each([
    [0, undefined],
    [1, '2026-03-14T12:34:56.789Z'],
    [30, '2026-02-13T12:34:56.789Z'],
    [31, '2026-02-01T00:00:00.000Z'],
    [42, '2026-02-01T00:00:00.000Z'],
    [43, '2026-01-01T00:00:00.000Z'],
    [365, '2025-03-01T00:00:00.000Z'],
  ])('for %i days: since %s', (days, since) => {
    expect(keptSince(days, NOW)?.toISOString()).toBe(since);
  });

  it('by the months of UTC', () => {
    const now = new Date('2026-03-04T00:00:00Z');
    expect(keptSince(31, now)?.toISOString()).toBe('2026-02-01T00:00:00.000Z');
    expect(keptSince(31, new Date(now.getTime() - 1))?.toISOString()).toBe(
      '2026-01-01T00:00:00.000Z',
    );
  });
});
