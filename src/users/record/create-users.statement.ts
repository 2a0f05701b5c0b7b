import { ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import {
  recordEvents,
  type Recording,
  recordingColumns,
} from '../../events/record/record-event.js';
import { COLUMN_TYPES, UNIQUE_COLUMNS } from './column-values.js';
import { BLANK_FIELDS, newFields } from './event-fields.js';
import type { Columns } from './patch-columns.js';
import { given, madeOnce, type Wait } from './shared-statement.js';
import { newUserRow } from './user.statements.js';

/** A user that is to be made. */
export interface NewUser {
  id: string;
  columns: Columns;
  recording: Recording;
}

const NAMES = Object.keys(COLUMN_TYPES);

/** What a column that may not be null is without a value, by its type. */
const DEFAULTS: Record<string, string> = { jsonb: `'{}'`, boolean: 'false' };

const orDefault = (name: string) => {
  const value = DEFAULTS[COLUMN_TYPES[name] ?? ''];
  return value ? `coalesce(${name}, ${value})` : name;
};

/**
 * The one statement that makes users, with their events, and answers them.
 *
 * @param wait `wait` for who writes the same key or id, and fail if it is taken; or `skip` those of which
 *   something is taken, and rather than wait fail
 */
export function createUsers(tenantId: TenantId, users: NewUser[], wait: Wait): Statement {
  const records = users.map(({ id, columns, recording }) => ({
    id,
    ...columns,
    ...recordingColumns(recording),
  }));
  const withValues = users.every(({ recording }) => recording.withValues);
  return ofTenant(tenantId, textOf(wait, withValues), [JSON.stringify(records)]);
}

const UNIQUE = ['id', ...UNIQUE_COLUMNS].map((column, index) => [
  column,
  `${column} = $${index + 2}`,
]);

/**
 * The first of what a user is to have, its id or a key, that another has, as far as can be seen. A row that is
 * held may be about to go: who makes the user waits for it.
 */
export const selectTaken = (tenantId: TenantId, { id, columns }: NewUser): Statement =>
  ofTenant(
    tenantId,
    `SELECT CASE ${UNIQUE.map(([column, is]) => `WHEN bool_or(${is}) THEN '${column}'`).join(' ')} END AS taken
     FROM (SELECT id, ${UNIQUE_COLUMNS.join(', ')} FROM users
       WHERE tenant_id = $1 AND (${UNIQUE.map(([, is]) => is).join(' OR ')})
       FOR KEY SHARE SKIP LOCKED) other`,
    [id, ...UNIQUE_COLUMNS.map((column) => columns[column])],
  );

const textOf = madeOnce((wait: Wait, withValues: boolean) => {
  const columns = NAMES.map((name) => `${name} ${COLUMN_TYPES[name]}`);
  return `WITH ${given('wanted', `id varchar, ${columns.join(', ')}`, wait)},
    u AS (
      INSERT INTO users (tenant_id, id, version, ${NAMES.join(', ')})
      SELECT $1, id, first_user_version($1, id), ${NAMES.map(orDefault).join(', ')} FROM wanted
      ${wait === 'skip' ? 'ON CONFLICT DO NOTHING' : ''}
      RETURNING *, confirm_first_version($1, id, version) AS is_confirmed),
    recorded AS (${recordEvents({
      from: 'u JOIN wanted ON wanted.id = u.id',
      userId: 'u.id',
      version: 'u.version',
      // The time of the insert itself, which may have waited for another transaction.
      at: 'greatest(clock_timestamp(), u.updated_at)',
      changes: `json_changes(${BLANK_FIELDS}, ${newFields('wanted', 'u.created_at')}, ${withValues})
        || CASE WHEN wanted.password_digest IS NULL THEN '[]' ELSE '[{"pointer": "/password"}]' END::jsonb`,
    })})
    SELECT ${newUserRow} FROM u`;
});
