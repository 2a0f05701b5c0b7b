import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import type { Env } from '../config/env.js';
import { jsonColumns } from './json-columns.js';
import { primaryOf } from './primary.js';
import { MIGRATION_LIMITS, type TimeLimits } from './time-limits.js';

/**
 * How the database is reached. What is in it, only the top knows: data-source.ts.
 *
 * @param limits those of migrations if left out
 */
export function databaseOptions(
  env: Pick<Env, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>,
  limits: TimeLimits = MIGRATION_LIMITS,
): DataSourceOptions {
  const { connectionString, ...toPrimary } = primaryOf(env.DATABASE_URL ?? '', limits);
  return {
    type: 'postgres',
    // Else it is looked for by its name, which a bundle does not have.
    driver: pg,
    url: connectionString,
    migrationsTableName: 'migrations',
    // No lock is kept until the last one is done.
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    applicationName: 'nameplate',
    poolSize: env.DATABASE_POOL_SIZE,
    // Waiting longer than this for a connection, a new one or a free one, is «unavailable» (503).
    connectTimeoutMS: 5_000,
    extra: { keepAlive: true, types: jsonColumns, ...toPrimary },
  };
}
