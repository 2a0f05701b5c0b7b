import { RECORDING_COLUMNS } from '../events/record-event.js';
import { anyOf } from './user.statements.js';

/** Whether a statement waits for what another transaction holds or writes, or goes on without it. */
export type Wait = 'wait' | 'skip';

/** How long a shared statement waits for a lock, such as that of a key which is written just now. */
const PATIENCE = '10ms';

/** SQL of what is to be done, `$2`: a row for each user, with the recording of its event. */
export const given = (name: string, columns: string, wait: Wait) => `${name} AS MATERIALIZED (
  SELECT *${wait === 'skip' ? `, set_config('lock_timeout', '${PATIENCE}', true) AS patience` : ''}
  FROM jsonb_to_recordset($2::jsonb) AS ${name}(${columns}, ${RECORDING_COLUMNS}))`;

/** The rows of the users that are given in `of`, locked in the order of their ids, with what is given. */
export const lockedUsers = (name: string, wait: Wait) => `
  SELECT * FROM ${name} JOIN users u ON u.id = ${name}.of
  WHERE u.tenant_id = $1 AND u.id = ${anyOf(`SELECT of FROM ${name}`)}
  ORDER BY u.id FOR UPDATE OF u ${wait === 'skip' ? 'SKIP LOCKED' : ''}`;

/** The same as the statement saw them when it began: who is here and not there, another transaction has. */
export const seenUsers = (name: string) => `
  SELECT s.id, s.version FROM users s
  WHERE s.tenant_id = $1 AND s.id = ${anyOf(`SELECT of FROM ${name}`)}`;

/** The same text for the same arguments is made once. */
export function madeOnce<Given extends (string | number | boolean)[]>(
  make: (...given: Given) => string,
): (...given: Given) => string {
  const texts = new Map<string, string>();
  return (...given) => {
    const key = given.join(' ');
    const text = texts.get(key) ?? make(...given);
    texts.set(key, text);
    return text;
  };
}
