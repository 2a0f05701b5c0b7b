import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { SearchIndexes } from '../../src/users/search/search-indexes.js';

let merges: number;
const database = { query: () => sleep(1, (merges += 1)) } as unknown as DataSource;

beforeEach(() => void (merges = 0));
afterEach(() => void jest.restoreAllMocks());

it('ends with the service, at once', async () => {
  const indexes = new SearchIndexes(database);
  await indexes.keepMerged();
  const end = indexes.onModuleDestroy().then(() => 'at once');
  expect(await Promise.race([end, sleep(100, 'later')])).toBe('at once');
  const last = merges;
  await sleep(300);
  expect(merges).toBe(last);
});

it('merges for a minute behind the last search, and begins anew with the next', async () => {
  let now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const indexes = new SearchIndexes(database);
  await indexes.keepMerged();
  expect(merges).toBe(1);
  now += 59_999;
  await sleep(600);
  expect(merges).toBeGreaterThan(1);
  now += 1;
  // One may be about to begin.
  await sleep(300);
  const last = merges;
  await sleep(300);
  expect(merges).toBe(last);
  await indexes.keepMerged();
  expect(merges).toBe(last + 1);
  await indexes.onModuleDestroy();
});
