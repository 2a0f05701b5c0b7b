import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { databaseOptions } from './options.js';
import { checkDatabase } from './check-database.js';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Env],
      useFactory: (env: Env) => ({ ...databaseOptions(env), retryAttempts: 5, retryDelay: 1_000 }),
    }),
  ],
})
export class DatabaseModule implements OnModuleInit {
  constructor(private readonly database: DataSource) {}

  onModuleInit(): Promise<void> {
    return checkDatabase(this.database);
  }
}
