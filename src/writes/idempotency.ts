import { createHash, createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../errors/app-error.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { parseJson } from '../json/parse-json.js';
import { openText, sealText } from '../secrets/sealed-text.js';
import { USER_ID } from '../validation/rules.js';
import { isMergePatch, JsonBody } from '../http/json-body.js';
import { parsePreconditions } from '../http/preconditions.js';
import { canonicalJson } from '../json/canonical-json.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Headers of an answer that come again with it. */
const HEADERS = ['etag', 'location', 'accept-patch', 'cache-control', 'vary', 'content-type'];

/** The `Idempotency-Key` of a request. @throws AppError request.invalid_header */
export function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || (typeof key === 'string' && KEY.test(key))) return key;
  throw new AppError(
    'request.invalid_header',
    'Idempotency-Key must be 1 to 255 visible ASCII characters, and stand only once.',
  );
}

/** The key as one caller's: others may use the same. */
export function keyId(key: string, { kind, subject, clientId }: Principal): string {
  const caller = JSON.stringify([kind, subject, clientId ?? null, key]);
  return createHash('sha256').update(caller).digest('hex');
}

/**
 * Equal for requests that ask for the same: of JSON, of a path and of a query counts what they mean,
 * not how they are written. Who asks is part of the key's own id.
 */
export function fingerprint(key: string, request: FastifyRequest): string {
  const { method, routeOptions, params, query, headers, body } = request;
  const { ifMatch, ifNoneMatch } = parsePreconditions(headers);
  const asked = [
    ...[method, routeOptions.url, params, query, ifMatch ?? null, ifNoneMatch ?? null],
    isMergePatch(headers['content-type']),
    body instanceof JsonBody ? body.object : null,
  ];
  return createHmac('sha256', key).update(canonicalJson(asked)).digest('hex');
}

const sealingKey = (key: string) => createHmac('sha256', key).update('answer').digest();

/** An answer may hold personal data and secrets: only who has the key can read what is stored. */
export const sealOutcome = (key: string, id: string, outcome: Outcome) =>
  sealText(sealingKey(key), id, JSON.stringify(outcome));

export const openOutcome = (key: string, id: string, sealed: string) =>
  parseJson(openText(sealingKey(key), id, sealed) ?? '') as Outcome;

/** What a request came to: a body with its status and headers, or a problem. */
export type Outcome =
  | { status: number; headers: Record<string, string>; body?: unknown }
  | { code: ErrorCode; detail: string; extra: AppError['extra'] };

/** What is stored of a request that was done. */
export interface KeptAnswer {
  /** Of the key. */
  id: string;
  /** Sealed. */
  answer: string;
  userId: string | undefined;
  showsUser: boolean;
}

export function answerOutcome(reply: FastifyReply, body: unknown): Outcome {
  const set = Object.entries(reply.getHeaders()).filter(([name]) => HEADERS.includes(name));
  return { status: reply.statusCode, headers: Object.fromEntries(set) as never, body };
}

/** A refusal that was decided on the user as it was then; others would come again by themselves. */
export function refusalOutcome(error: unknown): Outcome | undefined {
  if (!(error instanceof AppError) || error.status <= 400 || error.status >= 500) return undefined;
  if (error.code === 'request.rate_limited') return undefined;
  const { code, detail, extra } = error;
  return { code, detail, extra };
}

/** Gives the answer again. @throws AppError when it was a problem */
export function replay(outcome: Outcome, reply: FastifyReply): unknown {
  const again = { 'Idempotency-Replayed': 'true' };
  if ('code' in outcome) {
    const { code, detail, extra } = outcome;
    throw new AppError(code, detail, { ...extra, headers: { ...extra.headers, ...again } });
  }
  void reply.status(outcome.status).headers({ ...outcome.headers, ...again });
  return outcome.body;
}

/** The user that the answer is about, if it is one that can be. */
export function userOf({ params, principal }: FastifyRequest, outcome?: Outcome) {
  const made =
    outcome && 'body' in outcome ? (outcome.body as { id?: string } | undefined)?.id : undefined;
  const own = principal?.kind === 'user' ? principal.subject : undefined;
  const id = (params as { userId?: string }).userId ?? own ?? made;
  return id !== undefined && USER_ID.test(id) ? id : undefined;
}
