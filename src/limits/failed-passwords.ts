import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.js';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { Metrics } from '../metrics/metrics.js';
import { callerOf } from './accounts.js';
import { Limits } from './limits.js';
import { Policy } from './policy.js';
import { SharedCounts } from './shared-counts.js';
import { Windows } from './windows.js';

/** One caller asks for many users: it may be wrong so many times as often. */
const USERS_OF_CALLER = 1_000;

/** Counts wrong passwords, of each user whoever asks, and of each caller whomever it asks for. */
@Injectable()
export class FailedPasswords {
  private readonly ofUser: Policy;
  private readonly ofCaller: Policy;
  private readonly windows = new Windows();

  constructor(
    private readonly limits: Limits,
    private readonly shared: SharedCounts,
    { LIMITS_FAILED_PASSWORDS: rate }: Env,
    metrics: Metrics,
  ) {
    this.ofUser = new Policy('failed-passwords', rate, 'of one user');
    this.ofCaller = new Policy(
      'caller-failed-passwords',
      rate.times(USERS_OF_CALLER),
      'from one caller',
    );
    metrics.watch('nameplate_limits_met_total', () => Policy.met([this.ofUser, this.ofCaller]));
  }

  /**
   * Has a password verified, unless too many were wrong. It counts as wrong until it is known: of guesses at
   * the same time no more get through.
   *
   * @throws AppError request.rate_limited, and what `verify` throws
   */
  async watch(request: FastifyRequest, userId: string, verify: () => Promise<void>): Promise<void> {
    if (this.ofUser.rate.isOff) return verify();
    const { tenant, principal } = request;
    const now = Date.now();
    const attempts = [
      { policy: this.ofUser, key: `user ${tenant.id} ${userId}` },
      { policy: this.ofCaller, key: `caller ${tenant.id} ${callerOf(principal as Principal)}` },
    ].map(({ policy, key }) => {
      const window = this.windows.of(key, policy.rate.seconds, now);
      return { policy, key, window };
    });
    await Promise.all(
      attempts.map(({ key, policy, window }) => this.shared.refresh(key, policy.rate, window)),
    );
    // Between this and the count nobody else has a turn.
    const spent = attempts.find(({ policy, window }) => window.count >= policy.rate.requests);
    if (spent) {
      const { policy, window } = spent;
      return this.limits.refuse(request, policy.tooMany(window, now), window);
    }
    const count = (by: 1 | -1) => {
      for (const { key, policy, window } of attempts)
        this.shared.count(key, policy.rate, window, by);
    };
    count(1);
    try {
      await verify();
    } catch (error) {
      if (!isWrongPassword(error)) count(-1);
      throw error;
    }
    count(-1);
  }
}

const isWrongPassword = (error: unknown) =>
  error instanceof AppError && error.code === 'session.invalid_credentials';
