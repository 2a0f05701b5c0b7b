import { acrossTenants, anyOf, ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import type { KeptAnswer } from './idempotency.js';

export interface TakenKeys {
  ids: string[] | null;
}

/** A key that a request asks for, as its caller's. */
export interface AskedKey {
  id: string;
  fingerprint: string;
}

/** How long a request waits for one that has the same key, before that counts as running. */
export const PATIENCE_MS = 100;

/** What the key was used for before. */
export interface RememberedAnswer {
  fingerprint: string;
  answer: string | null;
  /** The caller is a user who is suspended by now. */
  isSuspended: boolean;
}

/**
 * Takes keys for requests. `ids` are those that are ours (null if none), until the end of the transaction
 * alone, and with its commit for so many hours; the others were used before. The statements behind it wait as long
 * as ever.
 *
 * @param patience how many milliseconds to wait for a request that has the same key before it counts as running
 */
export function takeKeys(
  tenantId: TenantId,
  requests: AskedKey[],
  hours: number,
  patience: number,
): Statement {
  return ofTenant(
    tenantId,
    `WITH patience AS MATERIALIZED (
       SELECT current_setting('lock_timeout') AS before,
         set_config('lock_timeout', $4, true)),
     taken AS (
       INSERT INTO idempotency_keys AS k (tenant_id, id, fingerprint, expires_at)
       SELECT $1, asked.id, asked.fingerprint, now() + make_interval(hours => $3)
       FROM patience, jsonb_to_recordset($2::jsonb) AS asked(id varchar, fingerprint varchar)
       ORDER BY asked.id
       ON CONFLICT (tenant_id, id) DO UPDATE SET fingerprint = excluded.fingerprint,
         user_id = NULL, answer = NULL, expires_at = excluded.expires_at
       WHERE excluded.expires_at - k.expires_at > make_interval(hours => $3)
       RETURNING id)
     SELECT ids, set_config('lock_timeout', before, true)
     FROM (SELECT array_agg(id) AS ids FROM taken) keys, patience`,
    [JSON.stringify(requests.map(({ id, fingerprint }) => ({ id, fingerprint }))), hours, patience],
  );
}

/** For the rest of a transaction: so many milliseconds a node of Citus waits for a lock, too, which no `set_config` tells it. */
export const waitOnNodes = (milliseconds: number) =>
  acrossTenants(`DO $$ BEGIN
    SET LOCAL citus.propagate_set_commands = 'local';
    SET LOCAL lock_timeout = ${milliseconds};
  END $$`);

/** @param user the caller, if that is a user */
export function selectAnswer(tenantId: TenantId, id: string, user: string | undefined): Statement {
  return ofTenant(
    tenantId,
    `SELECT k.fingerprint, k.answer, EXISTS (
       SELECT 1 FROM users u WHERE u.tenant_id = $1 AND u.id = $3 AND u.is_suspended) AS "isSuspended"
     FROM idempotency_keys k
     WHERE k.tenant_id = $1 AND k.id = $2 AND k.expires_at >= now()`,
    [id, user ?? null],
  );
}

/**
 * Keeps answers with their keys. One that shows a user is kept only with that user's row held: whoever
 * erases the user waits, and then finds the answer; if the user is gone already, it is left out.
 */
export function storeAnswers(tenantId: TenantId, answers: KeptAnswer[]): Statement {
  return ofTenant(
    tenantId,
    `WITH kept AS MATERIALIZED (
       SELECT * FROM jsonb_to_recordset($2::jsonb)
         AS kept(id varchar, answer text, "userId" varchar, "showsUser" boolean)),
     shown AS MATERIALIZED (
       SELECT id FROM users
       WHERE tenant_id = $1 AND id = ${anyOf(`SELECT "userId" FROM kept WHERE "showsUser"`)}
       ORDER BY id FOR KEY SHARE)
     UPDATE idempotency_keys k SET user_id = CASE WHEN "showsUser" THEN "userId" END, answer =
       CASE WHEN NOT "showsUser" OR "userId" IN (SELECT id FROM shown) THEN kept.answer END
     FROM kept
     WHERE k.tenant_id = $1 AND k.id = kept.id AND k.id = ${anyOf('SELECT id FROM kept')}`,
    [JSON.stringify(answers)],
  );
}

/** The changes of events that the running transaction has recorded. */
export function selectChanges(tenantId: TenantId, ids: string[]): Statement {
  return ofTenant(
    tenantId,
    `SELECT changes FROM user_events
     WHERE tenant_id = $1 AND sequence IS NULL AND id = ANY ($2::uuid[])
     ORDER BY user_id, version`,
    [ids],
  );
}

/** The keys stay: what was done once must not be done again. */
export function eraseAnswers(tenantId: TenantId, userId: string): Statement {
  return ofTenant(
    tenantId,
    `UPDATE idempotency_keys SET answer = NULL WHERE tenant_id = $1 AND user_id = $2`,
    [userId],
  );
}
