import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadDatabaseEnv } from './src/config/load-env.js';
import { dataSourceOptions } from './src/data-source.js';

/** For TypeORM's command line on the sources; `npm run migration:…` does without. */
export default new DataSource(dataSourceOptions(loadDatabaseEnv()));
