import { type DataSource } from 'typeorm';
import { ConfigurationError } from '../config/configuration-error.js';

/** @throws ConfigurationError when this version of the service cannot work with the database */
export async function checkDatabase(database: DataSource): Promise<void> {
  const [row] = await database.query<{ encoding: string; readOnly: string }[]>(
    `SELECT current_setting('server_encoding') AS encoding,
       current_setting('transaction_read_only') AS "readOnly"`,
  );
  if (row?.encoding !== 'UTF8')
    throw problem(`the encoding of the database is ${row?.encoding}, it must be UTF8`);
  if (row.readOnly === 'on') throw problem('the database is read-only');
  if (await database.showMigrations())
    throw problem('the database lacks a migration. Run: npm run migration:run');
}

const problem = (reason: string) => new ConfigurationError(`DATABASE_URL: ${reason}`);
