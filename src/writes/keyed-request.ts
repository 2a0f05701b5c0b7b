import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TenantId } from '../database/tenant.js';
import * as idempotency from './idempotency.js';
import type { Principal } from '../auth/principal.js';
import type { WriteOptions } from './write-options.js';

/** A request with an `Idempotency-Key`. */
export interface KeyedRequest {
  key: string;
  tenantId: TenantId;
  /** The key as this caller's. */
  id: string;
  fingerprint: string;
  request: FastifyRequest;
  reply: FastifyReply;
  options: WriteOptions;
  /** Does it, and answers the body. */
  handle: () => Promise<unknown>;
}

/** What is kept of a request that was done, and how it is answered now. */
export interface Settled {
  /** Nothing of one that was done before. */
  answer?: idempotency.KeptAnswer;
  give: () => unknown;
}

/** Does the request. @throws what is not to be kept, such as what a retry may mend */
export async function settle(keyed: KeyedRequest): Promise<Settled> {
  try {
    const body = await keyed.handle();
    const outcome = idempotency.answerOutcome(keyed.reply, body);
    return { answer: keep(keyed, outcome), give: () => body };
  } catch (error) {
    const outcome = idempotency.refusalOutcome(error);
    if (!outcome) throw error;
    const give = () => {
      throw error;
    };
    return { answer: keep(keyed, outcome), give };
  }
}

/** Gives the answer again, of which this caller may see what his token now allows. */
export function replay(
  { reply, request, options: { shownTo } }: KeyedRequest,
  outcome: idempotency.Outcome,
) {
  const body = idempotency.replay(outcome, reply);
  return shownTo ? shownTo(body, request.principal as Principal) : body;
}

function keep({ key, id, request, options }: KeyedRequest, outcome: idempotency.Outcome) {
  const userId = options.writesUser ? idempotency.userOf(request, outcome) : undefined;
  const showsUser = userId !== undefined && 'body' in outcome && outcome.body !== undefined;
  return { id, answer: idempotency.sealOutcome(key, id, outcome), userId, showsUser };
}
