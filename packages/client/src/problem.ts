import type { components } from './api.js';
import { retryAfterMs } from './retry-after.js';

export type Problem = components['schemas']['Problem'];
export type ProblemCode = components['schemas']['ProblemCode'];
export type Violation = components['schemas']['Violation'];

/** Everything but 2xx that the service answers, or a proxy before it. */
export class ProblemError extends Error {
  // Not of the class, whose name a bundler may shorten.
  override readonly name: string = 'ProblemError';
  readonly status: number;
  /** Of the closed list of the API; undefined when something before the service answered. */
  readonly code: ProblemCode | undefined;
  /** What is wrong with which value, each with a JSON Pointer; empty where it is not about values. */
  readonly errors: readonly Violation[];
  /** `X-Request-Id`: the request in the log of the service. */
  readonly requestId: string | undefined;
  /** Milliseconds, as `Retry-After` says. */
  readonly retryAfterMs: number | undefined;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem?.detail ?? `HTTP ${response.status}`);
    this.status = response.status;
    this.code = problem?.code;
    this.errors = problem?.errors ?? [];
    this.requestId = response.headers.get('x-request-id') ?? undefined;
    this.retryAfterMs = retryAfterMs(response.headers);
  }
}

/** 412: somebody else wrote in between. Get it anew, and decide again. */
export class PreconditionFailedError extends ProblemError {
  override readonly name = 'PreconditionFailedError';
}

/** 410: the feed no longer has all that is behind the place asked for. Read all users anew. */
export class EventsExpiredError extends ProblemError {
  override readonly name = 'EventsExpiredError';
}

export function problemError(response: Response, body: unknown): ProblemError {
  const Kind =
    { 410: EventsExpiredError, 412: PreconditionFailedError }[response.status] ?? ProblemError;
  return new Kind(response, body);
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
