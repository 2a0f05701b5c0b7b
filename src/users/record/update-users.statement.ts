import { ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import { recordEvents } from '../../events/record/record-event.js';
import { changesOf } from './changes-of.js';
import {
  answer,
  answered,
  CHANGE_COLUMNS,
  isSet,
  judgedChanges,
  list,
  NAMES,
  toRecord,
  TOUCHES,
  type UserChange,
} from './judged-changes.js';
import { given, lockedUsers, madeOnce, seenUsers, type Wait } from './shared-statement.js';
import { identities, ssoIdentities } from './user.statements.js';

/**
 * The one statement of all PATCHes, of as many users as share it, each at most once. It locks the
 * rows in the order of their ids, works out the new values from what it locked, decides about
 * suspension, version, size and whether anything changes at all, writes only then, and answers each
 * row as it now is: the new one, or the old one, which tells why nothing was written.
 *
 * @param customDataBytes what `customData` may have at most
 * @param wait `wait` for a row that another transaction holds; or `skip` it, and do not try a key that
 *   another user has, so that no patch makes others wait or fail. One that a
 *   transaction writes which is still open cannot be seen: rather than wait for that, the statement fails
 */
export function updateUsers(
  tenantId: TenantId,
  changes: UserChange[],
  wait: Wait,
  customDataBytes: number,
): Statement {
  const withValues = changes.every(({ recording }) => recording.withValues);
  const text = textOf(wait, withValues, customDataBytes);
  return ofTenant(tenantId, text, [JSON.stringify(changes.map(toRecord))]);
}

const textOf = madeOnce((wait: Wait, withValues: boolean, customDataBytes: number) => {
  const others = wait === 'skip' ? 'users other WHERE other.tenant_id = $1' : undefined;
  const current = (asSeen: string, asIs: string) =>
    `CASE WHEN seen.version = u.version THEN ${asSeen} ELSE ${asIs}($1, u.id) END`;
  const columns = answer(
    current(identities, 'current_identities'),
    current(ssoIdentities, 'current_sso_identities'),
  );
  return `WITH ${given('patch', CHANGE_COLUMNS, wait)},
    seen AS MATERIALIZED (${seenUsers('patch')}),
    ${lockedUsers('patch', wait)},
    ${judgedChanges(others, customDataBytes)},
    written AS (
      UPDATE users SET ${list(NAMES, (name) => `${name} = u.new_${name}`)},
        version = users.version + u.writes::integer,
        updated_at = CASE WHEN u.writes THEN u.rounded ELSE users.updated_at END
      FROM u WHERE users.tenant_id = $1 AND users.id = u.id AND ${TOUCHES}),
    recorded AS (${recordEvents({
      from: 'u WHERE writes',
      userId: 'id',
      version: 'version + 1',
      at: 'at',
      changes: changesOf(isSet, withValues),
    })})
    SELECT seen.id, ${answered(columns)} FROM seen LEFT JOIN u ON u.id = seen.id`;
});
