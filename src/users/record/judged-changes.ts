import { type Recording, recordingColumns } from '../../events/record/record-event.js';
import type { JsonMode } from '../../http/json-body.js';
import type { Preconditions } from '../../http/preconditions.js';
import { MAX_PROFILE_BYTES } from '../../validation/json-rules.js';
import { COLUMN_TYPES, isJson, UNIQUE_COLUMNS, type UniqueColumn } from './column-values.js';
import type { Columns } from './patch-columns.js';
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

export const NAMES = Object.keys(COLUMN_TYPES);
const JSON_NAMES = NAMES.filter(isJson);
/** How an address came in is nothing that can be seen: it is kept, and by itself is no change. */
const UNSEEN_NAMES = NAMES.filter((name) => name.endsWith('_assumed'));
const PLAIN_NAMES = NAMES.filter((name) => !isJson(name) && !UNSEEN_NAMES.includes(name));

export const isSet = (name: string) => `sent & ${1 << NAMES.indexOf(name)} <> 0`;
export const list = (names: string[], item: (name: string) => string) => names.map(item).join(', ');

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
const isTooLarge = (name: string, bytes: number | string) =>
  `(${isSet(name)} AND octet_length(new_${name}::text) > ${bytes} AND json_bytes(new_${name}) > ${bytes})`;

const whenTaken = (others: string) => (name: string) => `
  WHEN ${isSet(name)} AND EXISTS (SELECT 1 FROM ${others}
    AND other.${name} = u.new_${name} AND other.id <> u.id) THEN '${name}'`;

/** SQL of whether columns of a row u, and what they are to be, are not the same. */
const differIn = (names: string[]) =>
  `(${list(names, (name) => `u.${name}`)}) IS DISTINCT FROM (${list(names, (name) => `u.new_${name}`)})`;

const DIFFERS = [
  differIn(PLAIN_NAMES),
  ...JSON_NAMES.map((name) => `(${isSet(name)} AND ${name} IS DISTINCT FROM new_${name})`),
].join(' OR ');

/** The columns of a change, as `toRecord` gives it. */
export const CHANGE_COLUMNS = `of varchar, sent integer, ${CONDITION_COLUMNS}, refuse_suspended boolean, json varchar,
  ${list(NAMES, (name) => `to_${name} ${COLUMN_TYPES[name]}`)}`;

/**
 * CTEs that judge the rows of `old`, users that are held, each with its change: `u` has what each column
 * is to be, and whether it `writes`.
 *
 * @param others SQL behind FROM of the users `other` who may have a key; undefined to leave that to the constraint
 */
export const judgedChanges = (others: string | undefined, customDataBytes: number | string) => `
  next AS MATERIALIZED (
    SELECT *, date_trunc('milliseconds', at) AS rounded, ${list(NAMES, next)} FROM (
      SELECT *, greatest(clock_timestamp(), updated_at) AS at FROM old) clock),
  judged AS (
    SELECT *, ${isTooLarge('custom_data', customDataBytes)} AS "customDataTooLarge",
      ${isTooLarge('profile', MAX_PROFILE_BYTES)} AS "profileTooLarge",
      ${others ? `CASE ${UNIQUE_COLUMNS.map(whenTaken(others)).join('')} END` : 'NULL'} AS taken,
      ${meetsConditions('version')}
        AND NOT (is_suspended AND refuse_suspended) AS may_write,
      ${DIFFERS} AS differs
    FROM next u OFFSET 0),
  u AS MATERIALIZED (
    SELECT *, may_write AND differs
      AND NOT ("customDataTooLarge" OR "profileTooLarge") AND taken IS NULL AS writes
    FROM judged)`;

const now = (name: string) => `CASE WHEN writes THEN new_${name} ELSE u.${name} END`;

/** What is answered of a row u, but for its id: column → type and SQL. */
export const answer = (social: string, enterprise: string): Record<string, [string, string]> => ({
  isHeld: ['boolean', 'u.id IS NULL'],
  username: ['varchar', now('username')],
  primaryEmail: ['varchar', now('primary_email')],
  primaryPhone: ['varchar', now('primary_phone')],
  name: ['varchar', now('name')],
  avatar: ['varchar', now('avatar')],
  customData: ['jsonb', now('custom_data')],
  identities: ['jsonb', social],
  lastSignInAt: ['timestamptz', now('last_sign_in_at')],
  createdAt: ['timestamptz', 'u.created_at'],
  updatedAt: ['timestamptz', 'CASE WHEN writes THEN rounded ELSE updated_at END'],
  profile: ['jsonb', now('profile')],
  applicationId: ['varchar', now('application_id')],
  isSuspended: ['boolean', now('is_suspended')],
  hasPassword: ['boolean', `(${now('password_digest')}) IS NOT NULL`],
  ssoIdentities: ['jsonb', enterprise],
  version: ['bigint', 'u.version + writes::integer'],
  changed: ['boolean', 'writes'],
  taken: ['varchar', 'CASE WHEN may_write AND differs THEN taken END'],
  customDataTooLarge: ['boolean', '"customDataTooLarge"'],
  profileTooLarge: ['boolean', '"profileTooLarge"'],
});

/** SQL of the same, to be selected. */
export const answered = (columns: Record<string, [string, string]>) =>
  Object.entries(columns)
    .map(([name, [, sql]]) => `${sql} AS "${name}"`)
    .join(', ');

/** Whether a row u writes, or keeps how an address came in. */
export const TOUCHES = `(u.writes OR u.may_write AND NOT u.differs AND ${differIn(UNSEEN_NAMES)})`;

/** A change as the statement takes it. */
export function toRecord({ id, columns, recording, ...change }: UserChange) {
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
