import type { FastifyRequest } from 'fastify';
import type { Rate } from '../config/rate.js';
import type { Metrics } from '../metrics/metrics.js';
import { clientNetwork } from './client-network.js';
import type { Limits } from './limits.js';
import { Policy } from './policy.js';
import type { SharedCounts } from './shared-counts.js';
import { type Window, Windows } from './windows.js';

/** Counts what one address did, once it is done, and refuses what else it asks for over the limit. */
export class AddressLimit {
  readonly policy: Policy;
  private readonly windows = new Windows();
  /** Until then, some address is over the limit. */
  private busyUntil = 0;

  constructor(
    name: string,
    rate: Rate,
    private readonly limits: Limits,
    private readonly shared: SharedCounts,
    metrics: Metrics,
  ) {
    this.policy = new Policy(name, rate, 'from one address');
    metrics.watch('nameplate_limits_met_total', () => Policy.met([this.policy]));
  }

  /** @param name what is counted, where it is not all that the limit is for */
  count({ ip }: FastifyRequest, name = this.policy.name): Window {
    const { rate } = this.policy;
    const key = keyOf(name, ip);
    const window = this.windows.of(key, rate.seconds, Date.now());
    this.shared.count(key, rate, window);
    if (window.count >= rate.requests) this.busyUntil = Math.max(this.busyUntil, window.resetsAt);
    return window;
  }

  /** How to refuse a request; undefined: its address may go on. */
  refusalOf(request: FastifyRequest, name = this.policy.name): (() => Promise<never>) | undefined {
    const now = Date.now();
    if (now >= this.busyUntil) return undefined;
    const window = this.windows.peek(keyOf(name, request.ip), now);
    if (!window || window.count < this.policy.rate.requests) return undefined;
    return () => this.limits.refuse(request, this.policy.tooMany(window, Date.now()), window);
  }
}

const keyOf = (name: string, address: string) => `${name} ${clientNetwork(address)}`;
