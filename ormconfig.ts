import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadDatabaseEnv } from './src/config/env.js';
import { databaseOptions } from './src/database/options.js';

/** For TypeORM's command line only; `npm run migration:…` takes the environment of the service. */
export default new DataSource(databaseOptions(loadDatabaseEnv()));
