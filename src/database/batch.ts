import { currentSpans, forSpans } from '../tracing/current-spans.js';
import type { RecordedSpan } from '../tracing/recorded-span.js';

interface Entry<Item, Result> extends PromiseWithResolvers<Result> {
  item: Item;
  /** What it is done for, where that is traced. */
  spans: readonly RecordedSpan[];
  /** By `performance.now()`. */
  since: number;
}

export interface BatchOptions<Item> {
  /** Items that one run takes at most. */
  size: number;
  /** Runs at the same time at most; what comes meanwhile is in the next one. */
  parallel: number;
  /** Items of one key come one after the other: the next begins when the one before is settled. */
  keyOf?: (item: Item) => string;
  /** Milliseconds that an item waits behind others of its key; then it fails, and was never run. */
  patience?: number;
  counts?: BatchCounts;
}

/** How many runs there were, and how many items these had. */
export class BatchCounts {
  runs = 0;
  items = 0;
}

/** Others were before it for too long. Nothing was done. */
export class WaitedTooLong extends Error {
  override name = 'WaitedTooLong';
  override message = 'others were before it for too long';
}

/**
 * Lets the requests that come in the same turn of the event loop, or while others run, share one
 * statement. Alone, an item is run at the end of the turn: nothing waits for company.
 */
export class Batch<Item, Result> {
  private waiting: Entry<Item, Result>[] = [];
  /** Behind an item of the same key that waits or runs. */
  private readonly behind = new Map<string, Entry<Item, Result>[]>();
  private running = 0;
  private isScheduled = false;

  /**
   * @param run items → the result of each, in their order; a promise among them holds up only its own
   *   item. If it throws, all of its items fail with that.
   */
  constructor(
    private readonly run: (items: Item[]) => Promise<(Result | Promise<Result>)[]>,
    private readonly options: BatchOptions<Item>,
  ) {}

  add(item: Item): Promise<Result> {
    const key = this.options.keyOf?.(item);
    const promised = Promise.withResolvers<Result>();
    const entry = { ...promised, item, spans: currentSpans(), since: performance.now() };
    const queue = key === undefined ? undefined : this.behind.get(key);
    if (queue) this.wait(queue, entry);
    else {
      if (key !== undefined) this.behind.set(key, []);
      this.begin(key, entry);
    }
    return entry.promise;
  }

  private wait(queue: Entry<Item, Result>[], entry: Entry<Item, Result>): void {
    const { patience } = this.options;
    queue.push(entry);
    // However long the one before takes.
    if (patience !== undefined) setTimeout(() => this.giveUp(queue), patience + 1).unref();
  }

  /** Those that have waited for too long. */
  private giveUp(queue: Entry<Item, Result>[]): void {
    const { patience = Infinity } = this.options;
    while (queue[0] && performance.now() - queue[0].since >= patience)
      queue.shift()?.reject(new WaitedTooLong());
  }

  /** However it ends, the next of its key has its turn then. */
  private begin(key: string | undefined, entry: Entry<Item, Result>): void {
    if (key !== undefined) {
      const next = () => this.next(key);
      entry.promise.then(next, next);
    }
    this.waiting.push(entry);
    this.schedule();
  }

  private next(key: string): void {
    const queue = this.behind.get(key) ?? [];
    this.giveUp(queue);
    const entry = queue.shift();
    if (entry) this.begin(key, entry);
    else this.behind.delete(key);
  }

  private schedule(): void {
    if (this.isScheduled || this.running >= this.options.parallel) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      while (this.waiting.length > 0 && this.running < this.options.parallel)
        void this.start(this.waiting.splice(0, this.options.size));
    });
  }

  private async start(entries: Entry<Item, Result>[]): Promise<void> {
    this.running += 1;
    const { counts } = this.options;
    if (counts) {
      counts.runs += 1;
      counts.items += entries.length;
    }
    try {
      const spans = [...new Set(entries.flatMap((entry) => entry.spans))];
      const items = entries.map(({ item }) => item);
      const results = await forSpans(spans, () => this.run(items));
      for (const [index, { resolve }] of entries.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of entries) reject(error);
    } finally {
      this.running -= 1;
      if (this.waiting.length > 0) this.schedule();
    }
  }
}
