import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.js';
import { Env } from '../config/env.js';
import type { Rate } from '../config/rate.js';
import type { AppError } from '../errors/app-error.js';
import { delayRefusal } from '../http/shedding.js';
import { Metrics } from '../metrics/metrics.js';
import { type Account, Accounts } from './accounts.js';
import { COSTS, type Cost } from './cost.js';
import { Policy } from './policy.js';
import { SharedCounts } from './shared-counts.js';
import { Slots } from './slots.js';
import { type Window, Windows } from './windows.js';

/** Refusals in one window that are answered at once. */
const QUICK_REFUSALS = 100;

/** How much each caller and each tenant may do: a rate, and so many requests at a time. */
@Injectable()
export class Limits {
  private readonly ofCaller: Record<Cost, Policy>;
  private readonly ofTenant: Record<Cost, Policy>;
  private readonly windows = new Windows();
  private readonly accounts = new Accounts();
  readonly slots = new Slots();

  constructor(
    env: Env,
    private readonly shared: SharedCounts,
    metrics: Metrics,
  ) {
    const rates: Record<Cost, Rate> = {
      read: env.LIMITS_READ,
      write: env.LIMITS_WRITE,
      search: env.LIMITS_SEARCH,
      password: env.LIMITS_PASSWORD,
      stream: env.LIMITS_STREAM,
    };
    const policies = (make: (cost: Cost) => Policy) =>
      Object.fromEntries(COSTS.map((cost) => [cost, make(cost)])) as Record<Cost, Policy>;
    this.ofCaller = policies((cost) => new Policy(cost, rates[cost], 'from one caller'));
    this.ofTenant = policies(
      (cost) =>
        new Policy(`tenant-${cost}`, rates[cost].times(env.LIMITS_TENANT), 'from all callers'),
    );
    metrics.watch('nameplate_limits_met_total', () =>
      Policy.met([...Object.values(this.ofCaller), ...Object.values(this.ofTenant)]),
    );
  }

  /**
   * Lets a request go on, and counts it.
   *
   * @throws AppError request.rate_limited
   */
  admit(request: FastifyRequest, reply: FastifyReply, cost: Cost): true | Promise<never> {
    const own = this.ofCaller[cost];
    if (own.rate.isOff) return true;
    const now = Date.now();
    const { caller, tenant } = this.accountOf(request, request.principal as Principal, cost);
    const window = this.count(own, caller, now);
    if (own.isOver(window)) return this.refuse(request, own.tooMany(window, now), window);
    const all = this.ofTenant[cost];
    if (!all.rate.isOff) {
      const together = this.count(all, tenant, now);
      if (all.isOver(together)) return this.refuse(request, all.tooMany(together, now), window);
    }
    if (!this.take(request, caller, own)) return this.refuse(request, own.tooManyAtOnce(), window);
    if (!this.take(request, tenant, all)) return this.refuse(request, all.tooManyAtOnce(), window);
    if (own.isNear(window))
      void reply.header('RateLimit-Policy', own.header).header('RateLimit', own.left(window, now));
    return true;
  }

  /** Whom a request counts for. */
  accountOf(request: FastifyRequest, principal: Principal, cost: Cost): Account {
    // Operators have none.
    const { id = '' } = (request as Partial<FastifyRequest>).tenant ?? {};
    return this.accounts.of(principal, id, cost);
  }

  /** Whom an answer is for: without a verified token, an address. */
  nameOf(request: FastifyRequest): string {
    const { principal, ip } = request;
    return principal ? this.accountOf(request, principal, 'read').name : ip;
  }

  /** Slots are freed when the request is answered, whatever the answer is. */
  private take(request: FastifyRequest, key: string, { rate: { atOnce } }: Policy): boolean {
    if (atOnce === Infinity) return true;
    const isTaken = this.slots.take(key, atOnce);
    if (isTaken) (request.heldSlots ??= []).push(key);
    return isTaken;
  }

  private count({ rate }: Policy, key: string, now: number): Window {
    const window = this.windows.of(key, rate.seconds, now);
    this.shared.count(key, rate, window);
    return window;
  }

  /** Refuses, late when it is one of many in a window. */
  async refuse(request: FastifyRequest, error: AppError, window: Window): Promise<never> {
    window.refused += 1;
    if (window.refused > QUICK_REFUSALS) await delayRefusal(request);
    throw error;
  }
}
