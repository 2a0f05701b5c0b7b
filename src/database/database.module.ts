import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Env } from '../config/env.js';
import { Metrics } from '../metrics/metrics.js';
import { databaseOptions } from './options.js';
import { poolOf } from './prepared-query.js';
import { guardPool } from './guard-pool.js';
import { waitingFor } from './connect.js';
import { watchPool } from './watch-pool.js';
import { checkDatabase } from './check-database.js';
import { REQUEST_LIMITS, SILENCE_MS } from './time-limits.js';

type Schema = Pick<DataSourceOptions, 'entities' | 'migrations'>;

@Module({})
export class DatabaseModule implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly metrics: Metrics,
  ) {}

  static with(schema: Schema): DynamicModule {
    const connection = TypeOrmModule.forRootAsync({
      inject: [Env],
      useFactory: (env: Env) => {
        const options = databaseOptions(env, REQUEST_LIMITS);
        // A database that does not answer is «unavailable» (503), not a request that hangs.
        const extra = { ...(options.extra as object), query_timeout: SILENCE_MS };
        return { ...options, ...schema, extra, retryAttempts: 5, retryDelay: 1_000 };
      },
    });
    return { module: DatabaseModule, imports: [connection] };
  }

  onModuleInit(): Promise<void> {
    const pool = poolOf(this.database);
    guardPool(pool);
    watchPool(this.metrics, 'requests', pool, () => waitingFor(pool));
    return checkDatabase(this.database);
  }
}
