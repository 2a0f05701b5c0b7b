import { ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import {
  RECORDING_COLUMNS,
  recordEvents,
  type Recording,
  recordingColumns,
} from '../../events/record/record-event.js';
import type { UserRow } from './user-row.js';
import { identities, ssoIdentities, userRow } from './user.statements.js';

/**
 * After a change of what belongs to the user in another table, in the transaction that holds the
 * user's row: raises the version, records the event, and answers the user as it now is.
 */
export function touchUser(
  tenantId: TenantId,
  id: string,
  before: Pick<UserRow, 'identities' | 'ssoIdentities'>,
  recording: Recording,
): Statement {
  const { identities: social, ssoIdentities: enterprise } = before;
  const owned = JSON.stringify({ identities: social, ssoIdentities: enterprise });
  const event = recordEvents({
    from: `now, u, jsonb_to_record($4::jsonb) AS recording(${RECORDING_COLUMNS})`,
    userId: 'u.id',
    version: 'u.version',
    at: 'now.at',
    changes: `json_changes($3::jsonb, jsonb_build_object(
      'identities', ${identities}, 'ssoIdentities', ${ssoIdentities}), ${recording.withValues})`,
  });
  return ofTenant(
    tenantId,
    // Never later than the clock, which rounding would be: times of one user must not go back.
    `WITH now AS MATERIALIZED (
       SELECT at, date_trunc('milliseconds', at) AS rounded FROM (
         SELECT greatest(clock_timestamp(), updated_at) AS at FROM users
         WHERE tenant_id = $1 AND id = $2) clock),
     u AS (
       UPDATE users SET version = version + 1, updated_at = rounded FROM now
       WHERE tenant_id = $1 AND id = $2 RETURNING users.*),
     event AS (${event})
     SELECT ${userRow} FROM u`,
    [id, owned, JSON.stringify(recordingColumns(recording))],
  );
}
