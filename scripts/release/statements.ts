import { mkdtempSync, chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { VERSION } from '../../src/config/version.js';
import { dataSourceOptions } from '../../src/data-source.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { parseJson } from '../../src/json/parse-json.js';
import { FIXTURES, outcomesOf, statementsOf } from '../../test/support/old-statements.js';
import { STATEMENTS } from '../../test/support/statements.js';

/**
 * `npm run release:statements`: keeps the statements of this version, and what PostgreSQL makes of them, in place
 * of those of the version before. Later migrations are held to them.
 */
const folder = mkdtempSync(join(tmpdir(), 'nameplate-statements-'));
chmodSync(folder, 0o755);
const postgres = await EmbeddedPostgres.open({ folder, settings: ['fsync=off'] });
try {
  const url = postgres.url();
  const database = await new DataSource(
    dataSourceOptions({ DATABASE_URL: url, DATABASE_POOL_SIZE: 1 }),
  ).initialize();
  await database.runMigrations();
  await database.destroy();
  const client = new Client(url);
  await client.connect();
  // As they are read from the file again: times are texts there.
  const statements = parseJson(JSON.stringify(statementsOf(STATEMENTS))) as ReturnType<
    typeof statementsOf
  >;
  const outcomes = await outcomesOf(client, statements);
  await client.end();
  for (const file of readdirSync(FIXTURES))
    if (file.startsWith('statements-')) rmSync(join(FIXTURES, file));
  const file = join(FIXTURES, `statements-${VERSION}.json`);
  writeFileSync(file, `${JSON.stringify(outcomes, null, 1)}\n`);
  console.log(`${outcomes.length} statements of ${VERSION}`);
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
