import { userSuspended } from '../auth/principal.js';
import type { Run } from '../database/transaction.js';
import { AppError } from '../errors/app-error.js';
import * as idempotency from './idempotency.js';
import * as statements from './idempotency.statements.js';
import type { KeyedRequest } from './keyed-request.js';

/**
 * What came of the request that had the key first.
 *
 * @throws AppError request.idempotency_key_in_use, request.idempotency_key_mismatch, user.suspended,
 *   and entity.not_found when the user was erased since
 */
export async function remembered(
  run: Run,
  { key, id, tenantId, fingerprint, request: { principal } }: KeyedRequest,
): Promise<idempotency.Outcome> {
  const user = principal?.kind === 'user' ? principal.subject : undefined;
  const [row] = await run<statements.RememberedAnswer>(statements.selectAnswer(tenantId, id, user));
  if (!row)
    throw new AppError(
      'request.idempotency_key_in_use',
      'A request with this Idempotency-Key is still running.',
      { headers: { 'Retry-After': '1' } },
    );
  if (row.isSuspended) throw userSuspended();
  if (row.fingerprint !== fingerprint)
    throw new AppError(
      'request.idempotency_key_mismatch',
      'This Idempotency-Key was used for another request.',
    );
  if (row.answer === null)
    throw new AppError('entity.not_found', 'The user that the answer was about is erased.');
  return idempotency.openOutcome(key, id, row.answer);
}
