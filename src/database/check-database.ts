import { type DataSource } from 'typeorm';

/** @throws Error when the database is not one that this version of the service can work with */
export async function checkDatabase(database: DataSource): Promise<void> {
  const [row] = await database.query<{ server_encoding: string }[]>('SHOW server_encoding');
  if (row?.server_encoding !== 'UTF8')
    throw new Error(`the encoding of the database is ${row?.server_encoding}, it must be UTF8`);
  if (await database.showMigrations())
    throw new Error('the database lacks a migration. Run: npm run migration:run');
}
