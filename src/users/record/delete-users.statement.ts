import { ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import {
  recordEvents,
  type Recording,
  recordingColumns,
} from '../../events/record/record-event.js';
import type { Preconditions } from '../../http/preconditions.js';
import { given, lockedUsers, madeOnce, seenUsers, type Wait } from './shared-statement.js';
import { CONDITION_COLUMNS, meetsConditions, versionConditions } from './version-conditions.js';

/** A user that is to be deleted. */
export interface Deletion extends Pick<Preconditions, 'ifMatch' | 'ifNoneMatch'> {
  id: string;
  recording: Recording;
}

/** What became of one who was there. */
export interface DeleteOutcome {
  id: string;
  /** Another transaction has the row, or had: it was skipped, or deleted. Nothing else is known. */
  isHeld: boolean;
  /** The version that was there. */
  version: string;
  deleted: boolean;
}

/**
 * The one statement that deletes users, each at most once, with their events. It locks the rows in the
 * order of their ids.
 *
 * @param wait `wait` for a row that another transaction holds; or `skip` it
 */
export function deleteUsers(tenantId: TenantId, deletions: Deletion[], wait: Wait): Statement {
  const records = deletions.map(({ id, recording, ...conditions }) => ({
    of: id,
    ...versionConditions(conditions),
    ...recordingColumns(recording),
  }));
  return ofTenant(tenantId, textOf(wait), [JSON.stringify(records)]);
}

const textOf = madeOnce(
  (wait: Wait) => `WITH ${given('unwanted', `of varchar, ${CONDITION_COLUMNS}`, wait)},
    seen AS MATERIALIZED (${seenUsers('unwanted')}),
    ${lockedUsers('unwanted', wait)},
    gone AS (
      DELETE FROM users USING old
      WHERE users.tenant_id = $1 AND users.id = old.id AND ${meetsConditions('old.version')}
      RETURNING users.id, users.version, users.updated_at, event, type, actor, request_id, traceparent),
    kept AS (
      INSERT INTO deleted_users (tenant_id, id, version) SELECT $1, id, version + 1 FROM gone
      ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version),
    recorded AS (${recordEvents({
      from: 'gone',
      userId: 'id',
      version: 'version + 1',
      at: 'greatest(clock_timestamp(), updated_at)',
      // That everything is gone needs no list, and no copy of it.
      changes: `'[]'`,
    })})
    SELECT seen.id, old.id IS NULL AS "isHeld", old.version, gone.id IS NOT NULL AS deleted
    FROM seen LEFT JOIN old ON old.id = seen.id LEFT JOIN gone ON gone.id = seen.id`,
);
