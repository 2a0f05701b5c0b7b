import { setTimeout as sleep } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { loggableError } from '../logging/loggable-error.js';
import { mergePending } from './user-search.statements.js';

/** Milliseconds until the next look, when something was written and when nothing was. */
const BUSY_MS = 250;
const IDLE_MS = 1_000;

/**
 * What is written waits in a list beside each index of the searches, which every search has to read
 * through, until it is merged: here, a little at a time, so that no PATCH has to do it.
 */
@Injectable()
export class SearchIndexes implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(SearchIndexes.name);
  private readonly closing = new AbortController();
  private loop = Promise.resolve();
  private lastProblem: unknown;

  constructor(
    private readonly env: Env,
    private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_WORK === 'on') this.loop = this.work();
  }

  onModuleDestroy(): Promise<void> {
    this.closing.abort();
    return this.loop;
  }

  private async work(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      const pause = (await this.merge()) > 0 ? BUSY_MS : IDLE_MS;
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Answers how many pages were merged. A problem that goes on is told once. */
  private async merge(): Promise<number> {
    try {
      const [merged] = await this.database.query<{ pages: number }[]>(mergePending);
      this.lastProblem = undefined;
      return merged?.pages ?? 0;
    } catch (error) {
      const { sqlstate, name } = loggableError(error);
      const problem = sqlstate ?? name;
      if (problem !== this.lastProblem) this.log.warn(`not merged: ${String(problem)}`);
      this.lastProblem = problem;
      return 0;
    }
  }
}
