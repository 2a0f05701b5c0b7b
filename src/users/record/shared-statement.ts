import { anyOf } from '../../database/statement.js';
import { RECORDING_COLUMNS } from '../../events/record/record-event.js';

/** Whether a statement waits for what another transaction holds or writes, or goes on without it. */
export type Wait = 'wait' | 'skip';

/** How long a shared statement waits for a lock, such as that of a key which is written just now. */
export const PATIENCE = '10ms';

/** SQL of what is to be done, `$2`: a row for each user, with the recording of its event. */
export const given = (name: string, columns: string, wait: Wait) => `${name} AS MATERIALIZED (
  SELECT *${wait === 'skip' ? `, set_config('lock_timeout', '${PATIENCE}', true) AS patience` : ''}
  FROM jsonb_to_recordset($2::jsonb) AS ${name}(${columns}, ${RECORDING_COLUMNS}))`;

/**
 * CTE of the rows of the users that are given in `of`, locked in the order of their ids, and one of what is
 * given with its row. Nothing is joined while it locks.
 */
export const lockedUsers = (name: string, wait: Wait) => `
  held AS MATERIALIZED (
    SELECT u.* FROM users u
    WHERE u.tenant_id = $1 AND u.id = ${anyOf(`SELECT of FROM ${name}`)}
    ORDER BY u.id FOR UPDATE OF u ${wait === 'skip' ? 'SKIP LOCKED' : ''}),
  old AS MATERIALIZED (SELECT * FROM ${name} JOIN held u ON u.id = ${name}.of)`;

/** The same as the statement saw them when it began: who is here and not there, another transaction has. */
export const seenUsers = (name: string) => `
  SELECT s.id, s.version FROM users s
  WHERE s.tenant_id = $1 AND s.id = ${anyOf(`SELECT of FROM ${name}`)}`;

/** The same text for the same arguments is made once. */
export function madeOnce<Given extends (string | number | boolean)[], Made = string>(
  make: (...given: Given) => Made,
): (...given: Given) => Made {
  const all = new Map<string, Made>();
  return (...given) => {
    const key = given.join(' ');
    const made = all.get(key) ?? make(...given);
    all.set(key, made);
    return made;
  };
}
