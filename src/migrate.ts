import './require-node.js';
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadDatabaseEnv } from './config/load-env.js';
import { dataSourceOptions } from './data-source.js';
import { retryOnLock } from './database/retry-on-lock.js';
import { fail } from './explain.js';

/** `npm run migration:run`, and `migration:revert`, which undoes the last one. */
try {
  await migrate(process.argv[2] === 'revert');
} catch (error) {
  fail(error);
}

async function migrate(back: boolean): Promise<void> {
  const options = { ...dataSourceOptions(loadDatabaseEnv()), logging: ['schema' as const] };
  const database = await new DataSource(options).initialize();
  try {
    await retryOnLock(() => (back ? database.undoLastMigration() : database.runMigrations()));
  } finally {
    await database.destroy();
  }
}
