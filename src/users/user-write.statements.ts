import type { Statement } from '../database/statement.js';
import { recordEvent, type Recording } from '../events/record-event.js';
import { numbered } from './column-values.js';
import { blankFieldsOf, newFieldsOf, secretsOf } from './event-fields.js';
import type { Columns } from './patch-columns.js';
import type { Preconditions } from '../http/preconditions.js';
import type { UserRow } from './user-row.js';
import { meetsConditions, versionConditions } from './version-conditions.js';
import { identities, newUserRow, ssoIdentities, userRow } from './user.statements.js';

/** Never later than the clock, which rounding would be: times of one user must not go back. */
const MILLISECONDS = `date_trunc('milliseconds', at)`;

/**
 * After a change of what belongs to the user in another table, in the transaction that holds the
 * user's row: raises the version, records the event, and answers the user as it now is.
 */
export function touchUser(
  tenantId: string,
  id: string,
  before: Pick<UserRow, 'identities' | 'ssoIdentities'>,
  recording: Recording,
): Statement {
  const { identities: social, ssoIdentities: enterprise } = before;
  const owned = JSON.stringify({ identities: social, ssoIdentities: enterprise });
  const [event, parameters] = recordEvent(
    {
      from: 'now, u',
      userId: 'u.id',
      version: 'u.version',
      at: 'now.at',
      before: '$3::jsonb',
      after: `jsonb_build_object('identities', ${identities}, 'ssoIdentities', ${ssoIdentities})`,
    },
    recording,
    [tenantId, id, owned],
  );
  return [
    `WITH now AS MATERIALIZED (
       SELECT greatest(clock_timestamp(), updated_at) AS at FROM users
       WHERE tenant_id = $1 AND id = $2),
     u AS (
       UPDATE users SET version = version + 1, updated_at = ${MILLISECONDS} FROM now
       WHERE tenant_id = $1 AND id = $2 RETURNING users.*),
     event AS (${event})
     SELECT ${userRow} FROM u`,
    parameters,
  ];
}

export function insertUser(
  tenantId: string,
  id: string,
  columns: Columns,
  recording: Recording,
): Statement {
  const changed = Object.keys(columns);
  const [event, fixed] = recordEvent(
    {
      from: 'u',
      userId: 'u.id',
      version: 'u.version',
      // The time of the insert itself, which may have waited for another transaction.
      at: 'greatest(clock_timestamp(), u.updated_at)',
      before: blankFieldsOf(changed),
      after: newFieldsOf(changed, 'u'),
      secrets: secretsOf(changed),
    },
    recording,
    [tenantId, id],
  );
  const { names, values, parameters } = numbered(columns, fixed);
  return [
    `WITH u AS (
       INSERT INTO users (${['tenant_id', 'id', 'version', ...names].join(', ')})
       VALUES (${['$1', '$2', 'first_user_version($1, $2)', ...values].join(', ')}) RETURNING *),
     event AS (${event})
     SELECT ${newUserRow} FROM u`,
    parameters,
  ];
}

/** Answers the version that was there, and whether it is now gone. No row: no user. */
export function deleteUser(
  tenantId: string,
  id: string,
  conditions: Preconditions,
  recording: Recording,
): Statement {
  const { if_match, if_none_match, unless_there } = versionConditions(conditions);
  const [event, parameters] = recordEvent(
    {
      from: 'gone',
      userId: 'gone.id',
      version: 'gone.version + 1',
      at: 'greatest(clock_timestamp(), gone.updated_at)',
      // That everything is gone needs no list, and no copy of it.
      before: `'{}'`,
      after: `'{}'`,
    },
    recording,
    [tenantId, id, if_match, if_none_match, unless_there],
  );
  return [
    `WITH old AS (
       SELECT * FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE),
     gone AS (
       DELETE FROM users USING old
       WHERE users.tenant_id = old.tenant_id AND users.id = old.id
         AND ${meetsConditions('old.version', ['$3::text[]', '$4::text[]', '$5::boolean'])}
       RETURNING users.*),
     kept AS (
       INSERT INTO deleted_users (tenant_id, id, version)
       SELECT tenant_id, id, version + 1 FROM gone
       ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version),
     event AS (${event})
     SELECT old.version, EXISTS (SELECT FROM gone) AS deleted FROM old`,
    parameters,
  ];
}
