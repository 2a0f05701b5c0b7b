import { Injectable, Logger } from '@nestjs/common';
import type { Job } from 'pg-boss';
import { Env } from '../config/env.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { TENANT } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import { toCloudEvent } from '../events/cloud-event.dto.js';
import * as statements from './dispatch.statements.js';
import type { LoadedDelivery } from './dispatch.statements.js';
import type { DeliveryJob, HookQueue } from './hook-queue.js';
import { HookSeal } from './hook-seal.js';
import { type Attempt, Receiver } from './receiver.js';

/** Standard Webhooks: the receiver wants nothing more. */
const GONE = 410;

type Outcome = Pick<Attempt, 'delivered' | 'statusCode' | 'error'> & {
  isFinal: boolean;
  wasSent: boolean;
  retryAfterMs: number;
};

/** What an attempt tells of the receiver. */
export interface Answered {
  isDelivered: boolean;
  /** Milliseconds that it asks to be left alone; 0 = it does not. */
  retryAfterMs: number;
}

/** One attempt of one delivery, and what follows from how it ended. */
@Injectable()
export class HookDelivery {
  private readonly log = new Logger('hooks');

  constructor(
    private readonly env: Env,
    private readonly database: BackgroundDatabase,
    private readonly seal: HookSeal,
    private readonly receiver: Receiver,
  ) {}

  /** Undefined when nothing was sent, which says nothing of the receiver. */
  async attempt(
    queue: HookQueue,
    hookId: string,
    job: Job<DeliveryJob>,
  ): Promise<Answered | undefined> {
    const { sequence, run } = job.data;
    const [delivery] = await this.database.run<LoadedDelivery>(
      statements.loadDelivery(TENANT, hookId, sequence),
    );
    // A replay has begun it anew, with a job of its own, or the hook is no more.
    if (delivery?.run !== run || delivery.state !== 'pending') {
      await queue.complete(hookId, job, this.database);
      return undefined;
    }
    if (!delivery.enabled) {
      await queue.retry(hookId, job, this.database);
      return undefined;
    }
    const outcome = await this.send(hookId, delivery);
    await this.settle(queue, hookId, job, outcome);
    const { wasSent, delivered: isDelivered, retryAfterMs } = outcome;
    return wasSent ? { isDelivered, retryAfterMs } : undefined;
  }

  private async send(hookId: string, delivery: LoadedDelivery): Promise<Outcome> {
    if (delivery.id === null)
      return { ...unsent('the event is no longer kept (retention)'), isFinal: true };
    try {
      const sealed = { ...delivery, id: hookId };
      const target = {
        url: delivery.url,
        headers: this.seal.openHeaders(sealed),
        secrets: this.seal.openSecrets(sealed),
      };
      const { attempt, retryAfterMs } = await this.receiver.send(target, toCloudEvent(delivery));
      return { ...attempt, isFinal: attempt.statusCode === GONE, wasSent: true, retryAfterMs };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { ...unsent(error.detail), isFinal: false };
    }
  }

  /** The log and the queue say the same, in one transaction. */
  private async settle(queue: HookQueue, hookId: string, job: Job<DeliveryJob>, outcome: Outcome) {
    const maxAttempts = this.env.HOOKS_MAX_ATTEMPTS;
    const state = await this.database.transaction(async (connection) => {
      if (outcome.statusCode === GONE) await connection.run(statements.disableHook(TENANT, hookId));
      const [noted] = await connection.run<{ state: string }>(
        statements.noteAttempt(TENANT, hookId, job.data, { ...outcome, maxAttempts }),
      );
      // Dead is complete, too: a job that has failed for good would hold back its user for ever.
      if (noted?.state === 'pending')
        await queue.retry(hookId, job, connection, outcome.retryAfterMs);
      else await queue.complete(hookId, job, connection);
      return noted?.state;
    });
    if (state === 'dead')
      this.log.warn(
        `hook ${hookId}: event ${job.data.sequence} is a dead letter: ${outcome.error}`,
      );
    if (outcome.statusCode === GONE)
      this.log.warn(`hook ${hookId}: disabled, the receiver is gone (410)`);
  }
}

const unsent = (error: string) => ({
  delivered: false,
  statusCode: null,
  error,
  wasSent: false,
  retryAfterMs: 0,
});
