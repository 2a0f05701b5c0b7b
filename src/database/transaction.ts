import type { PoolClient } from 'pg';
import { QueryFailedError } from 'typeorm';
import { isAnswered } from './database-unavailable.js';
import { preparedQuery } from './prepared-query.js';
import type { Statement } from './statement.js';

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

  async begin(): Promise<void> {
    await this.command('BEGIN');
  }

  /** @throws Error when PostgreSQL rolled it back instead */
  async commit(): Promise<void> {
    if ((await this.command('COMMIT')) !== 'COMMIT') throw new Error('nothing was committed');
  }

  async rollback(): Promise<void> {
    await this.command('ROLLBACK');
  }

  private async command(sql: string): Promise<string> {
    try {
      return (await this.client.query(sql)).command;
    } catch (error) {
      throw new QueryFailedError(sql, [], error as Error);
    }
  }
}
