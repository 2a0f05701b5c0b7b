import { toEtag, type Version } from './etags.js';

export interface CallOptions {
  signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** Write only if it is still this version: `{ ifMatch: user }`. Else PreconditionFailedError. */
  ifMatch?: Version;
  /** In place of the one that each call makes: when you repeat the call yourself, after a crash. */
  idempotencyKey?: string;
}

/** What the requests take. */
export function toInit<Path>({ ifMatch, idempotencyKey, ...options }: WriteOptions, path: Path) {
  const header = {
    ...(ifMatch !== undefined && { 'If-Match': toEtag(ifMatch) }),
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
  };
  return { ...options, params: { path, header } };
}
