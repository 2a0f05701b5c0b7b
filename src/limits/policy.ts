import { AppError } from '../errors/app-error.js';
import type { Rate } from '../config/rate.js';
import type { Sample } from '../metrics/metrics.js';
import type { Window } from './windows.js';

/** A limit by its name, and how answers tell of it (draft-ietf-httpapi-ratelimit-headers-10). */
export class Policy {
  /** `RateLimit-Policy`: the requests in a window, and those at a time. */
  readonly header: string;
  private readonly atOnce: string;
  /** Requests over it. */
  private met = 0;

  /** @param whose whom it is for, as a refusal says it */
  constructor(
    readonly name: string,
    readonly rate: Rate,
    private readonly whose: string,
  ) {
    this.atOnce = `${name}-at-once`;
    this.header = `"${name}";q=${rate.requests};w=${rate.seconds}`;
    if (rate.atOnce !== Infinity)
      this.header += `, "${this.atOnce}";q=${rate.atOnce};qu="concurrent-requests"`;
  }

  /** How many met each of some. */
  static met(policies: Policy[]): Sample[] {
    return policies.map(({ name, met }) => [met, { limit: name }]);
  }

  isOver({ count }: Window): boolean {
    return count > this.rate.requests;
  }

  /** Half of it is used up: from then on answers tell of it, which costs them as much as counting does. */
  isNear({ count }: Window): boolean {
    return count * 2 > this.rate.requests;
  }

  /** `RateLimit`. */
  left({ count, resetsAt }: Window, now: number): string {
    const left = Math.max(0, this.rate.requests - count);
    return `"${this.name}";r=${left};t=${Math.ceil((resetsAt - now) / 1_000)}`;
  }

  tooMany(window: Window, now: number): AppError {
    const { requests, seconds } = this.rate;
    const wait = Math.max(1, Math.ceil((window.resetsAt - now) / 1_000));
    return this.refusal(
      `More than ${requests} in ${seconds} s ${this.whose} (${this.name}): try again in ${wait} s.`,
      wait,
      `"${this.name}";r=0;t=${wait}`,
    );
  }

  tooManyAtOnce(): AppError {
    return this.refusal(
      `More than ${this.rate.atOnce} at a time ${this.whose} (${this.name}): wait for an answer to the others, 1 s or more.`,
      1,
      `"${this.atOnce}";r=0`,
    );
  }

  private refusal(detail: string, wait: number, left: string): AppError {
    this.met += 1;
    return new AppError('request.rate_limited', detail, {
      headers: {
        'Retry-After': String(wait),
        RateLimit: left,
        'RateLimit-Policy': this.header,
      },
    });
  }
}
