import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Env } from '../config/env.js';
import { databaseOptions } from './options.js';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Env],
      useFactory: (env: Env) => ({ ...databaseOptions(env), retryAttempts: 5, retryDelay: 1_000 }),
    }),
  ],
})
export class DatabaseModule {}
