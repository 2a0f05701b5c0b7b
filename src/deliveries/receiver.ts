import { Injectable } from '@nestjs/common';
import type { Agent } from 'undici';
import { Env } from '../config/env.js';
import { CLOUD_EVENT } from '../events/record/cloud-event.dto.js';
import { retryAfterMs } from './retry-after.js';
import { type SigningSecret, signed } from '../hooks/record/signing-secret.js';
import type { Attributes, TraceSpan } from '../tracing/recorded-span.js';
import { Tracing } from '../tracing/tracing.js';

/** Bytes of an answer that are read, so that its connection can be used again. */
const MAX_ANSWER = 1_024;

interface Sendable {
  id: string;
  type: string;
  /** Of the request that it tells of. */
  traceparent?: string | null;
}

/** Where a hook leads, opened. */
export interface Target {
  url: string;
  headers: Record<string, string>;
  secrets: SigningSecret[];
}

/** How one attempt ended. */
export interface Attempt {
  delivered: boolean;
  /** Null: there was no answer. */
  statusCode: number | null;
  /** Null: it was delivered. */
  error: string | null;
  durationMs: number;
}

/** An attempt, and how long the receiver then asks to be left alone. */
export interface Sent {
  attempt: Attempt;
  /** Milliseconds; 0 = it does not ask. */
  retryAfterMs: number;
}

/** Sends one event to one receiver: signed, bounded in time, never through a redirect. */
@Injectable()
export class Receiver {
  private readonly timeout: number;
  private agent: Promise<Agent> | undefined;

  constructor(
    private readonly env: Env,
    private readonly tracing: Tracing,
  ) {
    this.timeout = env.HOOKS_TIMEOUT_SECONDS * 1_000;
  }

  /**
   * In a span of its own: the receiver is told by which, and what it does for it is below.
   *
   * @param body the event as JSON
   */
  async send(target: Target, event: Sendable, body: string): Promise<Sent> {
    const { type, traceparent } = event;
    const span = this.tracing.call(
      `deliver ${type}`,
      attributesOf(target, event),
      traceparent ?? undefined,
    );
    const sent = await this.sendFor(span, target, event.id, body);
    const { statusCode, error } = sent.attempt;
    const answered = { 'http.response.status_code': statusCode ?? undefined };
    // What is told of a failure names its kind only.
    span?.end(answered, error === null ? undefined : (statusCode?.toString() ?? error));
    return sent;
  }

  async close(): Promise<void> {
    await (await this.agent)?.destroy();
  }

  private async sendFor(
    span: TraceSpan | undefined,
    { url, headers, secrets }: Target,
    id: string,
    body: string,
  ): Promise<Sent> {
    const start = Date.now();
    const ended = (statusCode: number | null, error: string | null, wait?: string | string[]) => ({
      attempt: { delivered: error === null, statusCode, error, durationMs: Date.now() - start },
      retryAfterMs: error === null ? 0 : retryAfterMs(wait),
    });
    try {
      const { statusCode: status, headers: answered } = await this.post(url, body, {
        'user-agent': 'nameplate',
        ...headers,
        ...(span && { traceparent: span.traceparent }),
        'content-type': CLOUD_EVENT,
        ...signed(id, body, secrets, start),
      });
      const isSuccess = status >= 200 && status < 300;
      const error = isSuccess ? null : `the receiver answered ${status}`;
      return ended(status, error, answered['retry-after']);
    } catch (error) {
      return ended(null, reason(error, this.timeout));
    }
  }

  /** undici follows no redirect unless it is told to. */
  private async post(url: string, body: string, headers: Record<string, string>) {
    // Without a hook, undici is not even loaded.
    this.agent ??= import('./receiver-agent.js').then(({ createAgent }) => createAgent(this.env));
    const agent = await this.agent;
    const signal = AbortSignal.timeout(this.timeout);
    const { origin, pathname, search } = new URL(url);
    const options = {
      origin,
      path: pathname + search,
      method: 'POST',
      body,
      headers,
      signal,
    } as const;
    const answer = await agent.request(options);
    // The status has decided; what becomes of the rest does not matter.
    await answer.body.dump({ limit: MAX_ANSWER, signal }).catch(() => undefined);
    return answer;
  }
}

/** The path of a URL may be a secret. */
function attributesOf({ url }: Target, { id, type }: Sendable): Attributes {
  const { hostname, port, protocol } = new URL(url);
  return {
    'http.request.method': 'POST',
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    'cloudevents.event_id': id,
    'cloudevents.event_type': type,
  };
}

/** Names the kind of failure only: a message may hold parts of the URL. */
function reason(error: unknown, timeout: number): string {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'TimeoutError') return `no answer within ${timeout / 1_000} s`;
  if (code === 'ADDRESS_NOT_PUBLIC') return 'the address is not public';
  return `no answer (${code ?? name ?? 'unknown'})`;
}
