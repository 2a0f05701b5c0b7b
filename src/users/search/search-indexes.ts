import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { loggableError } from '../../logging/loggable-error.js';
import { mergePending } from './user-search.statements.js';

/** Milliseconds between two merges, and how long they go on behind the last search. */
const PAUSE_MS = 250;
const AFTER_MS = 60_000;

/** Milliseconds that the first search waits for a merge at most. */
const PATIENCE_MS = 2_000;

/**
 * What is written waits in a list beside each index of the searches, which every search has to read
 * through, until it is merged: here, while somebody searches, and in the way of nobody. See docs/adr/0011.
 */
@Injectable()
export class SearchIndexes implements OnModuleDestroy {
  private readonly log = new Logger(SearchIndexes.name);
  private readonly closing = new AbortController();
  private loop: Promise<void> | undefined;
  private merged: Promise<unknown> = Promise.resolve();
  /** By `performance.now()`. */
  private until = 0;
  private lastProblem: unknown;

  constructor(private readonly database: DataSource) {}

  /** A search comes, and others may. The first waits until what was written before is merged, but not for long. */
  keepMerged(): Promise<unknown> {
    this.until = performance.now() + AFTER_MS;
    if (!this.loop) {
      const first = this.merge();
      this.merged = Promise.race([first, sleep(PATIENCE_MS, undefined, { ref: false })]);
      this.loop = first.then(() => this.work()).finally(() => (this.loop = undefined));
    }
    return this.merged;
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.loop;
  }

  private async work(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted && performance.now() < this.until) {
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
      await this.merge();
    }
  }

  /** A problem that goes on is told once. */
  private async merge(): Promise<void> {
    try {
      await this.database.query(mergePending);
      this.lastProblem = undefined;
    } catch (error) {
      const { sqlstate, name } = loggableError(error);
      const problem = sqlstate ?? name;
      if (problem !== this.lastProblem) this.log.warn(`not merged: ${String(problem)}`);
      this.lastProblem = problem;
    }
  }
}
