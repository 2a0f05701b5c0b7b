import { LRUCache } from 'lru-cache';
import { Batch } from './batch.js';

/** Reads of which those who ask the same at the same time share the answer. */
export class SharedReads<Result> {
  /** By what is asked. */
  private readonly reads: LRUCache<string, Batch<undefined, Result>>;

  /** @param max questions that are remembered at a time; one that is forgotten is only read once more */
  constructor(max: number) {
    this.reads = new LRUCache({ max });
  }

  /** Who asks while it is read has the next answer: none is older than its question. */
  read(question: unknown, read: () => Promise<Result>): Promise<Result> {
    const key = JSON.stringify(question);
    const shared = this.reads.get(key) ?? share(read);
    this.reads.set(key, shared);
    return shared.add(undefined);
  }
}

function share<Result>(read: () => Promise<Result>): Batch<undefined, Result> {
  const readFor = async (readers: undefined[]) => {
    const result = await read();
    return readers.map(() => result);
  };
  return new Batch<undefined, Result>(readFor, { size: Infinity, parallel: 1 });
}
