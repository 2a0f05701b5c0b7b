import { LRUCache } from 'lru-cache';
import { atMost } from '../database/at-most.js';
import { MAX_AGE_MS } from './max-age.js';

/** Keys that are remembered at most, and as many of which nothing is known. */
const MAX_KEYS = 10_000;

/**
 * Answers to a question, each at most 5 s old, also where the answer is that there is nothing. Those who
 * ask the same at the same time are one.
 */
export class Recent<Value extends object> {
  private readonly known = new LRUCache<string, Value>(atMost(MAX_KEYS));
  // Apart: whoever asks for what is not there must not push out what is.
  private readonly absent = new LRUCache<string, true>(atMost(MAX_KEYS));
  private readonly asked = new Map<string, Promise<Value | undefined>>();

  constructor(private readonly ask: (key: string) => Promise<Value | undefined>) {}

  /** @throws what `ask` throws, which is not remembered */
  get(key: string): Value | undefined | Promise<Value | undefined> {
    return this.known.get(key) ?? (this.absent.has(key) ? undefined : this.askOnce(key));
  }

  private askOnce(key: string): Promise<Value | undefined> {
    const asked = this.asked.get(key);
    if (asked) return asked;
    const since = performance.now();
    const answer = this.ask(key)
      .then((value) => this.remember(key, value, since))
      .finally(() => this.asked.delete(key));
    this.asked.set(key, answer);
    return answer;
  }

  /** For as long as it was true when the database was asked, not when it answered. */
  private remember(key: string, value: Value | undefined, since: number): Value | undefined {
    const ttl = Math.floor(MAX_AGE_MS - (performance.now() - since));
    if (ttl < 1) return value;
    if (value) this.known.set(key, value, { ttl });
    else this.absent.set(key, true, { ttl });
    return value;
  }
}
