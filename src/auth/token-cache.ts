import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { atMost } from '../database/at-most.js';
import { Metrics } from '../metrics/metrics.js';
import type { Principal } from './principal.js';
import type { Realm } from './realms.js';
import type { SigningKey } from './signing-keys.js';

const MAX_TOKENS = 10_000;
const MAX_AGE_MS = 60_000;
/** Known, but verified again, for so long: what fits in 31 bits. */
const MAX_TTL_MS = 2 ** 31 - 1;

interface Verified {
  principal: Principal;
  /** Milliseconds since the epoch: then it is verified again. */
  freshUntil: number;
  /** The issuer's keys at that time: with others, it may be none of theirs any more. */
  keys: readonly SigningKey[] | undefined;
}

/**
 * Principals of tokens that were verified a moment ago, so that a signature is checked once and not
 * on every request. Keyed by a hash of the realm and the whole token: what one tenant accepted says
 * nothing to another.
 */
@Injectable()
export class TokenCache {
  private readonly verified = new LRUCache<string, Verified>(atMost(MAX_TOKENS));
  private hits = 0;
  private misses = 0;

  constructor(metrics: Metrics) {
    metrics.watch('nameplate_token_cache_lookups_total', () => [
      [this.hits, { result: 'hit' }],
      [this.misses, { result: 'miss' }],
    ]);
  }

  get({ key, keys }: Realm, token: string): Principal | undefined {
    const verified = this.verified.get(digest(key, token));
    if (verified && verified.keys === keys.current && verified.freshUntil > Date.now()) {
      this.hits += 1;
      return verified.principal;
    }
    this.misses += 1;
    return undefined;
  }

  /** Whether it was verified before, and has not expired. */
  knew({ key }: Realm, token: string): boolean {
    return this.verified.has(digest(key, token));
  }

  set({ key, keys }: Realm, token: string, principal: Principal): void {
    const ttl = Math.floor(principal.expiresAt * 1000 - Date.now());
    if (ttl < 1) return;
    const freshUntil = Date.now() + Math.min(MAX_AGE_MS, ttl);
    const verified = { principal, freshUntil, keys: keys.current };
    this.verified.set(digest(key, token), verified, { ttl: Math.min(ttl, MAX_TTL_MS) });
  }
}

const digest = (key: string, token: string) => hash('sha256', `${key} ${token}`, 'base64');
