import { ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { recordEvents, type Recording, recordingColumns } from '../events/record-event.js';
import type { JsonMode } from '../http/json-body.js';
import type { Preconditions } from '../http/preconditions.js';
import { limits, MAX_PROFILE_BYTES } from '../validation/json-rules.js';
import { changesOf } from './changes-of.js';
import { COLUMN_TYPES, isJson, UNIQUE_COLUMNS, type UniqueColumn } from './column-values.js';
import type { Columns } from './patch-columns.js';
import { given, lockedUsers, madeOnce, seenUsers, type Wait } from './shared-statement.js';
import { identities, ssoIdentities } from './user.statements.js';
import type { UserRow } from './user-row.js';
import { CONDITION_COLUMNS, meetsConditions, versionConditions } from './version-conditions.js';

/** One patch of one user, in columns. */
export interface UserChange extends Pick<Preconditions, 'ifMatch' | 'ifNoneMatch'> {
  id: string;
  /** What is set; each other column keeps its value. */
  columns: Columns;
  refuseSuspended: boolean;
  /** How `custom_data` and `profile` meet what is stored. */
  json: JsonMode;
  recording: Recording;
}

/** What the statement found of one user: as it now is, and why if nothing was written. */
export interface UpdateOutcome extends UserRow {
  changed: boolean;
  /** Another transaction has the row, or had: it was skipped, or deleted. Nothing else is known. */
  isHeld: boolean;
  /** The first key of another user that was sent, if one can be seen; what cannot be seen, the constraint decides. */
  taken: UniqueColumn | null;
  /** Only a merge can come to this: what was sent was within the limits. */
  customDataTooLarge: boolean;
  profileTooLarge: boolean;
}

const NAMES = Object.keys(COLUMN_TYPES);
const JSON_NAMES = NAMES.filter(isJson);
/** How an address came in is nothing that can be seen: it is kept, and by itself is no change. */
const UNSEEN_NAMES = NAMES.filter((name) => name.endsWith('_assumed'));
const PLAIN_NAMES = NAMES.filter((name) => !isJson(name) && !UNSEEN_NAMES.includes(name));

const isSet = (name: string) => `sent & ${1 << NAMES.indexOf(name)} <> 0`;
const list = (names: string[], item: (name: string) => string) => names.map(item).join(', ');

/** What a column is to be: null removes the whole object, others meet the stored one. */
function next(name: string): string {
  if (!isJson(name))
    return `CASE WHEN ${isSet(name)} THEN to_${name} ELSE ${name} END AS new_${name}`;
  return `CASE WHEN NOT ${isSet(name)} THEN ${name}
    WHEN to_${name} IS NULL THEN '{}'
    WHEN json = 'assign' THEN ${name} || to_${name}
    WHEN json = 'merge' THEN json_merge_patch(${name}, to_${name})
    ELSE to_${name} END AS new_${name}`;
}

/** The text form is never shorter, and cheaper to measure. */
const isTooLarge = (name: string, bytes: number) =>
  `(${isSet(name)} AND octet_length(new_${name}::text) > ${bytes} AND json_bytes(new_${name}) > ${bytes})`;

const whenTaken = (name: string) => `
  WHEN ${isSet(name)} AND EXISTS (SELECT FROM users other WHERE other.tenant_id = $1
    AND other.${name} = u.new_${name} AND other.id <> u.id) THEN '${name}'`;

/**
 * The one statement of all PATCHes, of as many users as share it, each at most once. It locks the
 * rows in the order of their ids, works out the new values from what it locked, decides about
 * suspension, version, size and whether anything changes at all, writes only then, and answers each
 * row as it now is: the new one, or the old one, which tells why nothing was written.
 *
 * @param wait `wait` for a row that another transaction holds; or `skip` it, and do not try a key that
 *   another user has, so that no patch makes others wait or fail. One that a
 *   transaction writes which is still open cannot be seen: rather than wait for that, the statement fails
 */
export function updateUsers(tenantId: TenantId, changes: UserChange[], wait: Wait): Statement {
  const withValues = changes[0]?.recording.withValues ?? true;
  const text = textOf(wait, withValues, limits.customDataBytes);
  return ofTenant(tenantId, text, [JSON.stringify(changes.map(toRecord))]);
}

const textOf = madeOnce((wait: Wait, withValues: boolean, customDataBytes: number) => {
  const differIn = (names: string[]) =>
    `(${list(names, (name) => `u.${name}`)}) IS DISTINCT FROM (${list(names, (name) => `u.new_${name}`)})`;
  const differs = [
    differIn(PLAIN_NAMES),
    ...JSON_NAMES.map((name) => `(${isSet(name)} AND ${name} IS DISTINCT FROM new_${name})`),
  ].join(' OR ');
  const now = (name: string) => `CASE WHEN writes THEN new_${name} ELSE u.${name} END`;
  const columns = `of varchar, sent integer, ${CONDITION_COLUMNS}, refuse_suspended boolean, json varchar,
    ${list(NAMES, (name) => `to_${name} ${COLUMN_TYPES[name]}`)}`;
  return `WITH ${given('patch', columns, wait)},
    old AS MATERIALIZED (${lockedUsers('patch', wait)}),
    next AS MATERIALIZED (
      SELECT *, greatest(clock_timestamp(), updated_at) AS at, ${list(NAMES, next)} FROM old),
    judged AS (
      SELECT *, ${isTooLarge('custom_data', customDataBytes)} AS "customDataTooLarge",
        ${isTooLarge('profile', MAX_PROFILE_BYTES)} AS "profileTooLarge",
        ${wait === 'skip' ? `CASE ${UNIQUE_COLUMNS.map(whenTaken).join('')} END` : 'NULL'} AS taken,
        ${meetsConditions('version')}
          AND NOT (is_suspended AND refuse_suspended) AS may_write,
        ${differs} AS differs
      FROM next u OFFSET 0),
    u AS MATERIALIZED (
      SELECT *, may_write AND differs
        AND NOT ("customDataTooLarge" OR "profileTooLarge") AND taken IS NULL AS writes
      FROM judged),
    written AS (
      UPDATE users SET ${list(NAMES, (name) => `${name} = u.new_${name}`)},
        version = users.version + u.writes::integer,
        updated_at = CASE WHEN u.writes THEN date_trunc('milliseconds', u.at) ELSE users.updated_at END
      FROM u WHERE users.tenant_id = $1 AND users.id = u.id
        AND (u.writes OR u.may_write AND NOT u.differs AND ${differIn(UNSEEN_NAMES)})),
    recorded AS (${recordEvents({
      from: 'u WHERE writes',
      userId: 'id',
      version: 'version + 1',
      at: 'at',
      changes: changesOf(isSet, withValues),
    })}),
    seen AS MATERIALIZED (${seenUsers('patch')})
    SELECT seen.id, u.id IS NULL AS "isHeld", ${now('username')} AS username, ${now('primary_email')} AS "primaryEmail",
      ${now('primary_phone')} AS "primaryPhone", ${now('name')} AS name, ${now('avatar')} AS avatar,
      ${now('custom_data')} AS "customData",
      CASE WHEN seen.version = u.version THEN ${identities}
        ELSE current_identities($1, u.id) END AS identities,
      ${now('last_sign_in_at')} AS "lastSignInAt", u.created_at AS "createdAt",
      CASE WHEN writes THEN date_trunc('milliseconds', at) ELSE updated_at END AS "updatedAt",
      ${now('profile')} AS profile, ${now('application_id')} AS "applicationId",
      ${now('is_suspended')} AS "isSuspended",
      (${now('password_digest')}) IS NOT NULL AS "hasPassword",
      CASE WHEN seen.version = u.version THEN ${ssoIdentities}
        ELSE current_sso_identities($1, u.id) END AS "ssoIdentities",
      u.version + writes::integer AS version, writes AS changed,
      CASE WHEN may_write AND differs THEN taken END AS taken,
      "customDataTooLarge", "profileTooLarge"
    FROM seen LEFT JOIN u ON u.id = seen.id`;
});

function toRecord({ id, columns, recording, ...change }: UserChange) {
  const entries = Object.entries(columns);
  return {
    of: id,
    sent: entries.reduce((mask, [name]) => mask | (1 << NAMES.indexOf(name)), 0),
    ...versionConditions(change),
    refuse_suspended: change.refuseSuspended,
    json: change.json,
    ...recordingColumns(recording),
    ...Object.fromEntries(entries.map(([name, value]) => [`to_${name}`, value])),
  };
}
