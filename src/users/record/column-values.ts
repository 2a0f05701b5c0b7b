/** Column that a patch can set → its type. Its place is its bit in the mask of what a patch sets. */
export const COLUMN_TYPES: Record<string, string> = {
  username: 'varchar',
  username_key: 'varchar',
  primary_email: 'varchar',
  primary_email_key: 'varchar',
  primary_email_assumed: 'boolean',
  primary_phone: 'varchar',
  primary_phone_assumed: 'boolean',
  name: 'varchar',
  avatar: 'varchar',
  custom_data: 'jsonb',
  profile: 'jsonb',
  is_suspended: 'boolean',
  last_sign_in_at: 'timestamptz(3)',
  application_id: 'varchar',
  password_digest: 'varchar',
  password_algorithm: 'varchar',
};

export const isJson = (column: string) => COLUMN_TYPES[column] === 'jsonb';

/** Columns that no two users have the same value of. */
export const UNIQUE_COLUMNS = ['username_key', 'primary_email_key', 'primary_phone'] as const;
export type UniqueColumn = (typeof UNIQUE_COLUMNS)[number];
