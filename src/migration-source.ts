import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadDatabaseEnv } from './config/env.js';
import { dataSourceOptions } from './data-source.js';

/** For TypeORM's command line only; `npm run migration:…` takes the environment of the service. */
export default new DataSource(dataSourceOptions(loadDatabaseEnv()));
