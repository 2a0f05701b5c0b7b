import { expect, it } from '@jest/globals';
import { LRUCache } from 'lru-cache';
import { atMost } from '../../src/database/at-most.js';

it('a cache keeps so many entries, those that were asked for last', () => {
  const cache = new LRUCache<string, number>(atMost(2));
  for (const key of ['a', 'b']) cache.set(key, 1);
  cache.get('a');
  cache.set('c', 1);
  expect([...cache.keys()]).toEqual(['c', 'a']);
});
