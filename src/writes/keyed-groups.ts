import type { DataSource } from 'typeorm';
import { Batch } from '../database/batch.js';
import { inSharedTransaction } from '../database/current-transaction.js';
import type { TenantId } from '../database/tenant.js';
import type { Run } from '../database/transaction.js';
import { AppError } from '../errors/app-error.js';
import { storeAnswers } from './idempotency.statements.js';
import { type KeyedRequest, replay, type Settled, settle } from './keyed-request.js';
import { remembered } from './remembered-answers.js';
import { takeKeysIn } from './take-keys.js';

/** Requests that share a transaction at most, and such transactions at the same time. */
const SIZE = 16;
const PARALLEL = 2;

/**
 * Patches of one tenant with keys, which share a transaction when they come at the same time: one statement
 * takes their keys, one does them, one keeps their answers. As soon as one of them would have to wait, or
 * anything fails, nothing of it stays, and each goes alone.
 */
export class KeyedGroups {
  private readonly batch: Batch<KeyedRequest, unknown>;

  /** @param hours how long keys are kept */
  constructor(
    private readonly tenantId: TenantId,
    private readonly database: DataSource,
    private readonly hours: number,
    private readonly alone: (keyed: KeyedRequest) => Promise<unknown>,
  ) {
    this.batch = new Batch((requests) => this.share(requests), { size: SIZE, parallel: PARALLEL });
  }

  run(keyed: KeyedRequest): Promise<unknown> {
    return this.batch.add(keyed);
  }

  private async share(requests: KeyedRequest[]): Promise<Promise<unknown>[]> {
    const done = await this.together(requests);
    return requests.map(async (keyed) => {
      const give = done?.get(keyed);
      return give ? give() : await this.alone(keyed);
    });
  }

  /** How each is answered; undefined when nothing was done. */
  private async together(requests: KeyedRequest[]) {
    // Of equal keys the first one.
    const first = [...new Map(requests.toReversed().map((keyed) => [keyed.id, keyed])).values()];
    const shared = inSharedTransaction(this.database, this.tenantId, async (run) => {
      const taken = await takeKeysIn(this.database, run, this.tenantId, first, this.hours, 1);
      const isOurs = ({ id }: KeyedRequest) => taken?.ids?.includes(id);
      // All are at their end before the transaction is.
      const all = await Promise.allSettled(
        first.map((keyed) => (isOurs(keyed) ? settle(keyed) : settleAgain(run, keyed))),
      );
      const settled = all.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      });
      const answers = settled.flatMap(({ answer }) => answer ?? []);
      if (answers.length > 0) await run(storeAnswers(this.tenantId, answers));
      return new Map(first.map((keyed, at) => [keyed, settled[at]?.give]));
    });
    return shared.catch(() => undefined);
  }
}

/** Of a request whose key was used before. */
async function settleAgain(run: Run, keyed: KeyedRequest): Promise<Settled> {
  try {
    const outcome = await remembered(run, keyed);
    return { give: () => replay(keyed, outcome) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      give: () => {
        throw error;
      },
    };
  }
}
