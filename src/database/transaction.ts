import type { PoolClient } from 'pg';
import { QueryFailedError } from 'typeorm';
import { isAnswered } from './database-unavailable.js';
import { OutcomeUnknown } from './outcome-unknown.js';
import { preparedQuery } from './prepared-query.js';
import type { Statement } from './statement.js';
import { beginWith, type TimeLimits } from './time-limits.js';
import { traced } from './traced-statement.js';

/** Runs a statement of a transaction. Where it fails, the transaction is at its end. */
export type Run = <Row>(statement: Statement) => Promise<Row[]>;

/**
 * A transaction of one connection. In PostgreSQL it ends with the first statement that fails, unless that
 * stands behind a savepoint, which is two statements more.
 */
export class Transaction {
  /** The first part of it that failed, where there are no savepoints: it must not go on. */
  failure: { reason: unknown } | undefined;
  private depth = 0;

  constructor(
    private readonly client: PoolClient,
    private readonly hasSavepoints: boolean,
    /** Several requests do what they do in it, at the same time. */
    readonly isShared: boolean,
  ) {}

  readonly run: Run = (statement) => preparedQuery(this.client, statement);

  /** The same of a statement of which there are so many that none is prepared. */
  readonly runOnce: Run = async <Row>([text, values]: Statement) => {
    try {
      return (await traced(text, () => this.client.query(text, values))).rows as Row[];
    } catch (error) {
      throw new QueryFailedError(text, values, error as Error);
    }
  };

  /** A part of it, of which nothing stays if it throws. */
  async part<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    const savepoint = `part_${this.depth}`;
    if (this.hasSavepoints) await this.command(`SAVEPOINT ${savepoint}`);
    this.depth += 1;
    try {
      const result = await work(this.run);
      if (this.hasSavepoints) await this.command(`RELEASE ${savepoint}`);
      return result;
    } catch (reason) {
      if (!this.hasSavepoints) this.failure ??= { reason };
      else if (isAnswered(reason)) await this.command(`ROLLBACK TO ${savepoint}`);
      throw reason;
    } finally {
      this.depth -= 1;
    }
  }

  /** @param limits in place of those of requests */
  async begin(limits?: TimeLimits): Promise<void> {
    await this.command(beginWith(this.client, limits));
  }

  /** @throws Error when PostgreSQL rolled it back instead; OutcomeUnknown */
  async commit(): Promise<void> {
    const done = await this.command('COMMIT').catch((error: unknown) => {
      throw isAnswered(error) ? error : new OutcomeUnknown('COMMIT', [], error as Error);
    });
    if (done !== 'COMMIT') throw new Error('nothing was committed');
  }

  async rollback(): Promise<void> {
    await this.command('ROLLBACK');
  }

  private async command(sql: string): Promise<string> {
    try {
      return (await traced(sql, () => this.client.query(sql))).command;
    } catch (error) {
      throw new QueryFailedError(sql, [], error as Error);
    }
  }
}
