import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { dataSourceOptions } from '../../src/data-source.js';
import { TEMPLATE, testServer } from './test-server.js';

/** One PostgreSQL for all tests, with a migrated template that each test file clones. */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nameplate-test-'));
  chmodSync(folder, 0o755);
  const postgres = await EmbeddedPostgres.open({
    folder,
    settings: [
      ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'],
      ...['logging_collector=on', 'log_filename=statements.log', 'log_line_prefix=%d|'],
    ],
  });
  testServer.current = postgres;
  process.env['TEST_DATABASE_SERVERS'] = JSON.stringify([postgres.url()]);
  process.env['TEST_DATABASE_FOLDER'] = postgres.folder;
  const server = await new DataSource({ type: 'postgres', url: postgres.url() }).initialize();
  await server.query(`CREATE DATABASE ${TEMPLATE}`);
  await server.destroy();
  const template = await new DataSource(
    dataSourceOptions({ DATABASE_URL: postgres.url(TEMPLATE), DATABASE_POOL_SIZE: 1 }),
  ).initialize();
  await template.runMigrations();
  await template.destroy();
}
