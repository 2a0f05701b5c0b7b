import { randomBytes } from 'node:crypto';
import type { TestApp } from './test-app.js';

export const unique = (prefix = 'u') => `${prefix}${randomBytes(6).toString('hex')}`;

/** A stored user with every text field set, written past the API. */
export async function insertUser(
  { database }: TestApp,
  columns: Record<string, unknown> = {},
): Promise<string> {
  const id = unique();
  const row: Record<string, unknown> = {
    tenant_id: 'default',
    id,
    username: id,
    username_key: id,
    primary_email: `${id}@example.com`,
    primary_email_key: `${id}@example.com`,
    primary_phone: `614${String(Math.random()).slice(2, 10)}`,
    name: 'Before',
    avatar: 'https://example.com/before.png',
    custom_data: { before: true },
    profile: { nickname: 'before', address: { locality: 'Before' } },
    ...columns,
  };
  const names = Object.keys(row);
  await database.client.query(
    `INSERT INTO users (${names.join(', ')})
     VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  );
  return String(row['id']);
}
