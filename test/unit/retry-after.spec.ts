import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from '../../src/deliveries/retry-after.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['999999999', 21_600_000],
    ['9'.repeat(400), 21_600_000],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
    ['Thu Jan  1 00:00:30 2026', 30_000],
    ['Sun Jan 11 00:00:00 2026', 21_600_000],
    // Two digits: not more than 50 years ahead.
    ['Wednesday, 01-Jan-75 00:00:00 GMT', 21_600_000],
    ['Saturday, 01-Jan-77 00:00:00 GMT', 0],
    ['Thu, 01-Jan-26 00:00:30 GMT', 0],
    ['Thu Jan  1 00:00:30 2026 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 21_600_000],
    ['-5', 0],
    ['1.5', 0],
    ['soon', 0],
    ['2026-01-01', 0],
    ['', 0],
    [undefined, 0],
    [['5', '6'], 0],
    ['Thu, 99 Jan 2026 00:00:30 GMT', 0],
  ])('%j is %s ms', (value, ms) => {
    expect(retryAfterMs(value, NOW)).toBe(ms);
  });
});
