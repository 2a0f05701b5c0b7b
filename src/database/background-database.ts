import { Injectable, Logger } from '@nestjs/common';
import { Pool, type PoolClient, type QueryResult } from 'pg';
import { Env } from '../config/env.js';
import { Metrics } from '../metrics/metrics.js';
import { giveBack, guardPool } from './guard-pool.js';
import { jsonColumns } from './json-columns.js';
import { primaryOf } from './primary.js';
import type { Statement } from './statement.js';
import { watchPool } from './watch-pool.js';
import { BACKGROUND_LIMITS, beginWith } from './time-limits.js';

/** Connections that work in the background has at most, so that requests never wait for it. */
const MAX_CONNECTIONS = 4;

/** One connection, or any of them. */
export interface Connection {
  run<Row>(statement: Statement): Promise<Row[]>;
  /** As pg-boss wants it. */
  executeSql(sql: string, parameters?: unknown[]): Promise<QueryResult>;
}

/** The connections of background work: not those that requests have. None is opened before it is used. */
@Injectable()
export class BackgroundDatabase implements Connection {
  private readonly log = new Logger('background');
  private readonly pool: Pool;

  constructor({ DATABASE_URL = '' }: Env, metrics: Metrics) {
    this.pool = new Pool({
      ...primaryOf(DATABASE_URL, BACKGROUND_LIMITS),
      application_name: 'nameplate-background',
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: 5_000,
      query_timeout: BACKGROUND_LIMITS.statement + 5_000,
      keepAlive: true,
      types: jsonColumns,
    });
    guardPool(this.pool);
    watchPool(metrics, 'background', this.pool);
    // Of a connection that nobody uses; it is replaced.
    this.pool.on('error', () => this.log.debug('a connection to the database ended'));
  }

  async run<Row>([sql, parameters]: Statement): Promise<Row[]> {
    return (await this.executeSql(sql, parameters)).rows as Row[];
  }

  executeSql(sql: string, parameters?: unknown[]): Promise<QueryResult> {
    return this.withClient((client) => client.query(sql, parameters));
  }

  transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.withClient(async (client) => {
      const executeSql = (sql: string, parameters?: unknown[]) => client.query(sql, parameters);
      await client.query(beginWith(client));
      const result = await work({
        executeSql,
        run: async ([sql, parameters]) => (await executeSql(sql, parameters)).rows as never,
      });
      await client.query('COMMIT');
      return result;
    });
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** A client that failed is thrown away, and with it whatever transaction it was in. */
  private async withClient<Result>(use: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    try {
      const result = await use(client);
      client.release();
      return result;
    } catch (error) {
      giveBack(client, error as Error);
      throw error;
    }
  }
}
