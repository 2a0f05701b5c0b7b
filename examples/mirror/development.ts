import { Client } from 'pg';
import { loadEnv } from '../../src/config/load-env.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { DATA_FOLDER, localUrl, useDevelopmentIssuer } from '../../src/dev/development-issuer.js';
import { developmentToken } from '../../src/dev/development-token.js';
import { keptPort } from '../../src/dev/kept-port.js';

/** `npm run example:mirror`: what is not set comes from the nameplate that `npm start` runs in this folder. */
const env = loadEnv(keptPort());
process.env['NAMEPLATE_URL'] ??= localUrl(env);
if (!env.AUTH_ISSUER && env.TENANT_HOSTS.length === 0) {
  useDevelopmentIssuer(env);
  process.env['NAMEPLATE_TOKEN'] ??= await developmentToken(env, 'management');
}
if (!env.DATABASE_URL) process.env['MIRROR_DATABASE_URL'] ??= await databaseBeside();
// Built, since tsx gives Nest no types to inject by.
await import(new URL('dist/main.js', import.meta.url).href);

/** In the embedded PostgreSQL of that nameplate; made at the first start. */
async function databaseBeside(): Promise<string> {
  const postgres = await EmbeddedPostgres.open({ folder: DATA_FOLDER, mustRun: true });
  const client = new Client(postgres.url());
  await client.connect();
  const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'mirror'`);
  if (rowCount === 0) await client.query('CREATE DATABASE mirror');
  await client.end();
  return postgres.url('mirror');
}
