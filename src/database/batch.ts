import { currentSpans, forSpans } from '../tracing/current-spans.js';
import type { RecordedSpan } from '../tracing/recorded-span.js';

interface Entry<Item, Result> {
  item: Item;
  /** What it is done for, where that is traced. */
  spans: readonly RecordedSpan[];
  /** By `performance.now()`. */
  since: number;
  resolve: (result: Result | Promise<Result>) => void;
  reject: (reason: unknown) => void;
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

/** An item has waited behind others of its key for too long. Nothing was done. */
export class WaitedTooLong extends Error {
  override name = 'WaitedTooLong';
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
    const result = new Promise<Result>((resolve, reject) => {
      const spans = currentSpans();
      const entry = { item, spans, since: performance.now(), resolve, reject };
      const queue = key === undefined ? undefined : this.behind.get(key);
      if (queue) queue.push(entry);
      else {
        if (key !== undefined) this.behind.set(key, []);
        this.enqueue(entry);
      }
    });
    if (key !== undefined)
      result.then(this.next(key), (reason: unknown) => {
        // Who was never run held up nobody.
        if (!(reason instanceof WaitedTooLong)) this.next(key)();
      });
    return result;
  }

  private next = (key: string) => () => {
    const queue = this.behind.get(key) ?? [];
    const { patience = Infinity } = this.options;
    while (queue[0] && performance.now() - queue[0].since > patience)
      queue.shift()?.reject(new WaitedTooLong());
    const entry = queue.shift();
    if (entry) this.enqueue(entry);
    else this.behind.delete(key);
  };

  private enqueue(entry: Entry<Item, Result>): void {
    this.waiting.push(entry);
    this.schedule();
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
