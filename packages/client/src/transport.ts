import { retryAfterMs } from './retry-after.js';
import { sleep } from './sleep.js';
import type { Tokens } from './tokens.js';

export type Fetch = (input: Request, init?: RequestInit) => Promise<Response>;

export interface Patience {
  /** How often a request is sent again at most. */
  retries: number;
  /** Milliseconds; a `Retry-After` above it is not waited for. */
  longestWaitMs: number;
  /** Milliseconds after which one attempt counts as failed. */
  timeoutMs: number;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
const READS = ['GET', 'HEAD', 'OPTIONS'];
/** Overload, and what a proxy says of a service that is not there just now. */
const PASSING = [429, 502, 503, 504];
const STREAM = 'text/event-stream';

/** Sends a request, with a token, as often as it takes and as it is safe. */
export function createTransport(fetch: Fetch, tokens: Tokens, patience: Patience) {
  async function once(request: Request, token: string): Promise<Response> {
    const attempt = request.clone();
    attempt.headers.set('authorization', `Bearer ${token}`);
    if (request.headers.get('accept') === STREAM) return fetch(attempt);
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(patience.timeoutMs)]);
    const response = await fetch(attempt, { signal });
    // An answer that breaks off is no answer.
    const body = await response.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, response);
  }

  async function attempt(request: Request, token: string): Promise<Response> {
    const response = await once(request, token);
    if (response.status !== 401 || !(await tokens.refuse(token))) return response;
    return once(request, await tokens.get());
  }

  return async function send(request: Request): Promise<Response> {
    const { signal } = request;
    for (let failures = 0; ; failures += 1) {
      // Where no token can be had, sending again does not help.
      const token = await tokens.get();
      const outcome = await attempt(request, token).catch((error: unknown) => ({ error }));
      signal.throwIfAborted();
      const wait = failures < patience.retries ? waitAfter(request, outcome, failures) : undefined;
      if (wait === undefined || wait > patience.longestWaitMs) {
        if ('error' in outcome) throw outcome.error;
        return outcome;
      }
      await sleep(wait, signal);
    }
  };
}

/** Milliseconds; undefined when it is not to be sent again. */
function waitAfter(request: Request, outcome: Response | { error: unknown }, failures: number) {
  const isSafe = READS.includes(request.method) || request.headers.has('idempotency-key');
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  const jittered = backoff * (0.5 + Math.random() / 2);
  if ('error' in outcome) return isSafe ? jittered : undefined;
  const { status, headers } = outcome;
  // With a key, 409 says that an attempt whose answer was lost still runs.
  const isPassing = PASSING.includes(status) || (status === 409 && headers.has('retry-after'));
  if (!isPassing || (!isSafe && status !== 429)) return undefined;
  const asked = retryAfterMs(headers);
  return asked === undefined ? jittered : asked + Math.random() * FIRST_WAIT_MS;
}
