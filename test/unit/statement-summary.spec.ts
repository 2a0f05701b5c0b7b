import { expect, it } from '@jest/globals';
import { summaryOf } from '../../src/database/statement-summary.js';
import type { TenantId } from '../../src/database/tenant.js';
import { deleteUsers } from '../../src/users/record/delete-users.statement.js';
import { updateUsers } from '../../src/users/record/update-users.statement.js';
import { selectUsersById } from '../../src/users/record/user.statements.js';

const TENANT = 'default' as TenantId;

it.each([
  [updateUsers(TENANT, [], 'skip', 1)[0], 'UPDATE users INSERT user_events'],
  [selectUsersById(TENANT, [])[0], 'SELECT user_identities user_sso_identities users'],
  ['SELECT id FROM users WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED', 'SELECT users'],
  ['INSERT INTO a VALUES ($1) ON CONFLICT DO UPDATE SET b = 1', 'INSERT a'],
  ['SELECT extract(epoch FROM o.at) FROM jsonb_to_recordset($1) AS o(at date)', 'SELECT'],
  [`SELECT set_config('lock_timeout', '10ms', true)`, 'SELECT'],
  ['BEGIN; SET LOCAL statement_timeout = 1', 'BEGIN'],
  ['COMMIT', 'COMMIT'],
])('summarizes %s', (sql, summary) => {
  expect(summaryOf(sql)).toBe(summary);
});

it('tells nothing but verbs and tables', () => {
  expect(summaryOf(deleteUsers(TENANT, [], 'skip')[0])).toMatch(
    /^(\b(INSERT|UPDATE|DELETE) [a-z_]+ ?)+$/,
  );
});
