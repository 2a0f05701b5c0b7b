import { LRUCache } from 'lru-cache';
import { atMost } from '../database/at-most.js';

/** What one key has had in a time that began with the first of it. */
export interface Window {
  count: number;
  /** Milliseconds since the epoch. */
  resetsAt: number;
  /** Refusals. */
  refused: number;
  /** Of the count, what other instances do not know of yet. */
  unshared: number;
  isShared: boolean;
  /** Being added to what others know: answers of the store must come in their order. */
  adding?: Promise<void> | undefined;
}

/** Callers, tenants, addresses or users of which something is counted at most. */
const MAX_KEYS = 20_000;

/** Counts by key, in windows of time; of too many keys, those that were not asked for longest are forgotten. */
export class Windows {
  private readonly windows = new LRUCache<string, Window>(atMost(MAX_KEYS));

  /** What is counted now; undefined: nothing. */
  peek(key: string, now: number): Window | undefined {
    const window = this.windows.get(key);
    return window && window.resetsAt > now ? window : undefined;
  }

  of(key: string, seconds: number, now: number): Window {
    const known = this.peek(key, now);
    if (known) return known;
    const resetsAt = now + seconds * 1_000;
    const window = { count: 0, resetsAt, refused: 0, unshared: 0, isShared: false };
    this.windows.set(key, window);
    return window;
  }
}
