import './require-node.js';
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadDatabaseEnv } from './config/load-env.js';
import { dataSourceOptions } from './data-source.js';
import { updateUsersFunctions } from './users/record/update-users-apart.statement.js';
import { distribute, DistributeError } from './database/distribute.js';
import { fail } from './explain.js';

/** `npm run distribute`: after each `npm run migration:run` of a database that is on Citus. */
try {
  const database = await new DataSource(dataSourceOptions(loadDatabaseEnv())).initialize();
  try {
    console.log((await distribute(database, updateUsersFunctions())).join('\n'));
  } finally {
    await database.destroy();
  }
} catch (error) {
  if (!(error instanceof DistributeError)) fail(error);
  console.error(error.message);
  process.exitCode = 2;
}
