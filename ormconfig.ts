/** For TypeORM's command line on the sources; `npm run migration:…` runs the build of the same. */
export { default } from './src/migration-source.js';
