import { createHash } from 'node:crypto';
import type { DistributedFunction } from '../../database/distribute.js';
import { acrossTenants, ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import { RECORDING_COLUMNS } from '../../events/record/record-event.js';
import { changesOf } from './changes-of.js';
import { UNIQUE_COLUMNS } from './column-values.js';
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
import { madeOnce, PATIENCE, type Wait } from './shared-statement.js';
import { ENTERPRISE, SOCIAL } from './user.statements.js';

/**
 * The same as `updateUsers`, in a function that Citus runs as a whole on the node of the tenant. There,
 * one statement that changes several tables would be many; each of these is about one table and tenant,
 * so that its plan is kept. What is decided from the locked rows is the same SQL.
 */
export function updateUsersApart(
  tenantId: TenantId,
  changes: UserChange[],
  wait: Wait,
  customDataBytes: number,
): Statement {
  const { name } = functionOf(
    wait,
    changes.every(({ recording }) => recording.withValues),
  );
  return ofTenant(tenantId, `SELECT * FROM ${name}($1, $2, $3)`, [
    JSON.stringify(changes.map(toRecord)),
    customDataBytes,
  ]);
}

/** In all its shapes. */
export const updateUsersFunctions = (): DistributedFunction[] =>
  [true, false].flatMap((withValues) => [
    functionOf('wait', withValues),
    functionOf('skip', withValues),
  ]);

/** Whether all of these functions are there. */
export const selectHasFunctions = (functions: DistributedFunction[]): Statement =>
  acrossTenants(
    `SELECT count(*) = cardinality($1::text[]) AS "hasAll" FROM unnest($1::text[]) AS f(name)
     WHERE to_regprocedure(f.name) IS NOT NULL`,
    [functions.map(({ name, parameters }) => `${name}(${parameters})`)],
  );

const functionOf = madeOnce((wait: Wait, withValues: boolean): DistributedFunction => {
  const body = bodyOf(wait, withValues);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const name = `update_users_${hash}`;
  const columns = Object.entries(ANSWER).map(([column, [type]]) => `"${column}" ${type}`);
  const text = `CREATE FUNCTION ${name}(tenant varchar, changes_sent jsonb, most_bytes integer)
    RETURNS TABLE (id varchar, ${columns.join(', ')})
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $function$${body}$function$`;
  return { name, parameters: 'varchar, jsonb, integer', text };
});

/** Who has a key is looked up before, always: what the constraint refuses costs the connection to the node, and a tenth of a second for the next. */
const KNOWN = 'jsonb_populate_recordset(NULL::users, others) other WHERE true';

const ANSWER = answer(`coalesce(social -> u.id, '{}')`, `coalesce(enterprise -> u.id, '[]')`);

/** Of the users that have a key which is sent, those that have `column` alone: enough to tell that it is taken. */
const findTaken = (column: string) => `
  sent := ARRAY(SELECT c ->> 'to_${column}' FROM jsonb_array_elements(changes_sent) c WHERE c ->> 'to_${column}' <> '');
  IF cardinality(sent) > 0 THEN
    FOR found IN
      SELECT u.id, u.${column} FROM users u WHERE u.tenant_id = tenant AND u.${column} = ANY (sent)
    LOOP
      others := others || to_jsonb(found);
    END LOOP;
  END IF;`;

/** A column of the rows that are looped over, as a jsonb object by user. */
const gather = (into: string, aggregate: string, from: string) => `
  FOR found IN
    SELECT o.user_id, ${aggregate} AS all_of FROM ${from} o
    WHERE o.tenant_id = tenant AND o.user_id = ANY (ids) GROUP BY o.user_id
  LOOP
    ${into} := ${into} || jsonb_build_object(found.user_id, found.all_of);
  END LOOP;`;

const bodyOf = (wait: Wait, withValues: boolean) => `
#variable_conflict use_column
DECLARE
  ids varchar[] := ARRAY(
    SELECT c ->> 'of' FROM jsonb_array_elements(changes_sent) c ORDER BY 1);
  sent varchar[];
  one users;
  held users[] := '{}';
  others jsonb := '[]';
  social jsonb := '{}';
  enterprise jsonb := '{}';
  locked varchar[] := '{}';
  found record;
BEGIN
  ${wait === 'skip' ? `PERFORM set_config('lock_timeout', '${PATIENCE}', true);` : ''}
  FOR one IN
    SELECT * FROM users u WHERE u.tenant_id = tenant AND u.id = ANY (ids)
    ORDER BY u.id FOR UPDATE ${wait === 'skip' ? 'SKIP LOCKED' : ''}
  LOOP
    held := held || one;
    locked := locked || one.id;
  END LOOP;
  ${UNIQUE_COLUMNS.map(findTaken).join('')}
  ${gather('social', SOCIAL, 'user_identities')}
  ${gather('enterprise', ENTERPRISE, 'user_sso_identities')}
  FOR found IN
    WITH patch AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(changes_sent) AS patch(${CHANGE_COLUMNS}, ${RECORDING_COLUMNS})),
    old AS MATERIALIZED (
      SELECT * FROM patch JOIN unnest(held) u ON u.id = patch.of),
    ${judgedChanges(KNOWN, 'most_bytes')}
    SELECT u.id, ${answered(ANSWER)}, ${list(NAMES, (name) => `u.new_${name}`)},
      ${TOUCHES} AS touches, u.event, u.type, u.actor, u.request_id, u.traceparent, u.at,
      CASE WHEN writes THEN ${changesOf(isSet, withValues)} END AS changes
    FROM u ORDER BY u.id
  LOOP
    IF found.touches THEN
      UPDATE users SET ${list(NAMES, (name) => `${name} = found.new_${name}`)},
        version = found.version, updated_at = found."updatedAt"
      WHERE tenant_id = tenant AND users.id = found.id;
    END IF;
    IF found.changed THEN
      INSERT INTO user_events
        (tenant_id, id, user_id, version, occurred_at, type, actor, request_id, traceparent, changes)
      VALUES (tenant, found.event, found.id, found.version, found.at, found.type, found.actor,
        found.request_id, found.traceparent, found.changes);
    END IF;
    id := found.id;
    ${Object.keys(ANSWER)
      .map((name) => `"${name}" := found."${name}";`)
      .join(' ')}
    RETURN NEXT;
  END LOOP;
  IF cardinality(locked) < cardinality(ids) THEN
    ${Object.keys(ANSWER)
      .map((name) => `"${name}" := NULL;`)
      .join(' ')}
    "isHeld" := true;
    FOR found IN
      SELECT u.id FROM users u WHERE u.tenant_id = tenant AND u.id = ANY (ids) AND u.id <> ALL (locked)
    LOOP
      id := found.id;
      RETURN NEXT;
    END LOOP;
  END IF;
END `;
