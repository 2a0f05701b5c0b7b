import { type DataSource } from 'typeorm';

/** @throws Error when the database lacks a migration that this version of the service needs */
export async function refusePendingMigrations(database: DataSource): Promise<void> {
  if (await database.showMigrations())
    throw new Error('the database lacks a migration. Run: npm run migration:run');
}
