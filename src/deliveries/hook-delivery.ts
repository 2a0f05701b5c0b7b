import { Injectable } from '@nestjs/common';
import { Env } from '../config/env.js';
import { BackgroundDatabase } from '../database/background-database.js';
import type { TenantId } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import { cloudEventText } from '../events/record/cloud-event.dto.js';
import { Metrics } from '../metrics/metrics.js';
import * as statements from './attempt.statements.js';
import type { LoadedDelivery } from './attempt.statements.js';
import type { HookKey } from '../hooks/record/hook-key.js';
import type { HookQueue, Job } from './hook-queue.js';
import { HookSeal } from '../hooks/record/hook-seal.js';
import { GONE, HookSettlement, type Outcome } from './hook-settlement.js';
import { Receiver, type Target } from './receiver.js';

/** What an attempt tells of the receiver. */
export interface Answered {
  isDelivered: boolean;
  /** Milliseconds that it asks to be left alone; 0 = it does not. */
  retryAfterMs: number;
}

/** The attempts of these jobs, in their order; undefined = nothing was sent, which says nothing of the receiver. */
export type Deliver = (jobs: Job[]) => Promise<Answered | undefined>[];

interface Loaded {
  /** By their sequences. */
  deliveries: Map<string, LoadedDelivery>;
  /** Or why nothing can be sent. */
  target: Target | AppError | undefined;
}

/** One attempt of each of some deliveries, and what follows from how it ended. */
@Injectable()
export class HookDelivery {
  /** Of this instance. */
  private readonly attempts = { delivered: 0, failed: 0, unsent: 0 };
  private deadLetters = 0;

  constructor(
    private readonly env: Env,
    private readonly database: BackgroundDatabase,
    private readonly seal: HookSeal,
    private readonly receiver: Receiver,
    metrics: Metrics,
  ) {
    const { attempts } = this;
    metrics.watch('nameplate_delivery_attempts_total', () =>
      Object.entries(attempts).map(([result, count]) => [count, { result }]),
    );
    metrics.watch('nameplate_dead_letters_total', () => [[this.deadLetters]]);
  }

  to(hook: HookKey, queue: HookQueue): Deliver {
    const { database } = this;
    const most = this.env.HOOKS_MAX_ATTEMPTS;
    const onDead = () => (this.deadLetters += 1);
    const settlement = new HookSettlement(hook, queue, database, most, onDead);
    return (jobs) => {
      const loading = this.load(hook, jobs);
      return jobs.map(async (job) => this.attempt(hook.tenantId, job, await loading, settlement));
    };
  }

  /** What the jobs are about, in one statement; the hook is opened once. */
  private async load({ tenantId, id }: HookKey, jobs: Job[]): Promise<Loaded> {
    const sequences = jobs.map(({ data }) => data.sequence);
    const rows = await this.database.run<LoadedDelivery>(
      statements.loadDeliveries(tenantId, id, sequences),
    );
    const deliveries = new Map(rows.map((row) => [row.place, row]));
    return { deliveries, target: rows[0] && this.open({ ...rows[0], tenantId, id }) };
  }

  private open(hook: HookKey & Pick<LoadedDelivery, 'url' | 'headers' | 'secrets'>) {
    try {
      const headers = this.seal.openHeaders(hook);
      return { url: hook.url, headers, secrets: this.seal.openSecrets(hook) };
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  }

  private async attempt(
    tenantId: TenantId,
    job: Job,
    { deliveries, target }: Loaded,
    settlement: HookSettlement,
  ): Promise<Answered | undefined> {
    const delivery = deliveries.get(job.data.sequence);
    // A replay has begun it anew, with a job of its own, or the hook is no more.
    const isVoid = delivery?.run !== job.data.run || delivery.state !== 'pending';
    if (!target || !delivery || isVoid) return settlement.settle(job, 'void');
    if (!delivery.enabled) return settlement.settle(job, 'later');
    const { wasSent, ...outcome } = await this.send(tenantId, target, delivery);
    this.attempts[wasSent ? (outcome.delivered ? 'delivered' : 'failed') : 'unsent'] += 1;
    await settlement.settle(job, outcome);
    const { delivered: isDelivered, retryAfterMs } = outcome;
    return wasSent ? { isDelivered, retryAfterMs } : undefined;
  }

  private async send(
    tenantId: TenantId,
    target: Target | AppError,
    delivery: LoadedDelivery,
  ): Promise<Outcome & { wasSent: boolean }> {
    if (delivery.id === null) return unsent('the event is no longer kept (retention)', true);
    if (target instanceof AppError) return unsent(target.detail, false);
    const { attempt, retryAfterMs } = await this.receiver.send(
      target,
      delivery,
      cloudEventText(tenantId, delivery),
    );
    const { delivered, statusCode, error } = attempt;
    const isFinal = statusCode === GONE;
    return { ...{ delivered, statusCode, error, isFinal, retryAfterMs }, wasSent: true };
  }
}

const unsent = (error: string, isFinal: boolean) => ({
  ...{ delivered: false, statusCode: null, error, isFinal },
  ...{ retryAfterMs: 0, wasSent: false },
});
