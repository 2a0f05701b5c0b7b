import type { Statement } from '../database/statement.js';

/** How long to wait for the request that has the same key before it counts as running. */
const PATIENCE = '100ms';

/** What the key was used for before. */
export interface RememberedAnswer {
  fingerprint: string;
  answer: string | null;
  /** The caller is a user who is suspended by now. */
  isSuspended: boolean;
}

/**
 * Takes a key for a request. A row: it is ours, until the end of the transaction alone, and with its
 * commit for so many hours. No row: it was used before. The statements behind it wait as long as ever.
 */
export function takeKey(
  tenantId: string,
  id: string,
  fingerprint: string,
  hours: number,
): Statement {
  return [
    `WITH patience AS MATERIALIZED (
       SELECT current_setting('lock_timeout') AS before,
         set_config('lock_timeout', '${PATIENCE}', true)),
     taken AS (
       INSERT INTO idempotency_keys AS k (tenant_id, id, fingerprint, expires_at)
       SELECT $1, $2, $3, now() + make_interval(hours => $4) FROM patience
       ON CONFLICT (tenant_id, id) DO UPDATE SET fingerprint = excluded.fingerprint,
         user_id = NULL, answer = NULL, expires_at = excluded.expires_at
       WHERE k.expires_at < now()
       RETURNING id)
     SELECT id, set_config('lock_timeout', before, true) FROM taken, patience`,
    [tenantId, id, fingerprint, hours],
  ];
}

/** @param user the caller, if that is a user */
export function selectAnswer(tenantId: string, id: string, user: string | undefined): Statement {
  return [
    `SELECT k.fingerprint, k.answer, EXISTS (
       SELECT FROM users u WHERE u.tenant_id = $1 AND u.id = $3 AND u.is_suspended) AS "isSuspended"
     FROM idempotency_keys k
     WHERE k.tenant_id = $1 AND k.id = $2 AND k.expires_at >= now()`,
    [tenantId, id, user ?? null],
  ];
}

/**
 * Keeps an answer with its key. One that shows a user is kept only with that user's row held: whoever
 * erases the user waits, and then finds the answer; if the user is gone already, it is left out.
 */
export function storeAnswer(
  tenantId: string,
  id: string,
  { answer, userId, showsUser }: { answer: string; userId: string | undefined; showsUser: boolean },
): Statement {
  return [
    `WITH shown AS MATERIALIZED (
       SELECT 1 FROM users WHERE tenant_id = $1 AND id = $3 AND $5::boolean FOR KEY SHARE)
     UPDATE idempotency_keys SET user_id = CASE WHEN $5::boolean THEN $3 END, answer =
       CASE WHEN NOT $5::boolean OR EXISTS (SELECT FROM shown) THEN $4 END
     WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id, userId ?? null, answer, showsUser],
  ];
}

/** The changes of events that the running transaction has recorded. */
export function selectChanges(tenantId: string, ids: string[]): Statement {
  return [
    `SELECT changes FROM user_events
     WHERE tenant_id = $1 AND sequence IS NULL AND id = ANY ($2::uuid[])
     ORDER BY user_id, version`,
    [tenantId, ids],
  ];
}

/** The keys stay: what was done once must not be done again. */
export function eraseAnswers(tenantId: string, userId: string): Statement {
  return [
    `UPDATE idempotency_keys SET answer = NULL WHERE tenant_id = $1 AND user_id = $2`,
    [tenantId, userId],
  ];
}
