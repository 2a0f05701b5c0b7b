import { LRUCache } from 'lru-cache';
import type { Statement } from '../../database/statement.js';
import type { Total } from './user-page.js';

/** Milliseconds that a total serves others who ask the same, from when its count began. */
const MAX_AGE_MS = 2_000;

/** A total up to here serves nobody else: it is counted in no time, and a new user is seen in it. */
const MAX_OWN = 1_000;

const MAX_QUESTIONS = 100;

/** One count for all who ask the same at about the same time, so that a page does not cost one. */
export class SharedTotals {
  private readonly totals = new LRUCache<string, Promise<Total>>({
    max: MAX_QUESTIONS,
    ttl: MAX_AGE_MS,
  });

  /** The total of another caller, who may still be counting; nothing, at once or later, if there is none to share. */
  find(question: Statement): Promise<Total | undefined> | undefined {
    const found = this.totals
      .get(JSON.stringify(question))
      ?.then((total) => (total.count > MAX_OWN ? total : undefined));
    // It may fail before the caller comes to wait for it.
    found?.catch(() => undefined);
    return found;
  }

  /** Lets others have what this caller counts. */
  share(question: Statement, counting: Promise<Total>): Promise<Total> {
    const key = JSON.stringify(question);
    this.totals.set(key, counting);
    const forget = () => this.totals.peek(key) === counting && this.totals.delete(key);
    counting.then(({ count }) => count <= MAX_OWN && forget(), forget);
    return counting;
  }
}
