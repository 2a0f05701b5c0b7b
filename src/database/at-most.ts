/**
 * So many entries of an LRUCache. `max` would allocate room for all of them at once: of each cache some
 * 200 KB, and 1 ms of the start.
 */
export const atMost = (entries: number) => ({ maxSize: entries, sizeCalculation: () => 1 });
