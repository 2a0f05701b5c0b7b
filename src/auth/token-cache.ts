import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.js';
import type { Realm } from './realms.js';
import type { SigningKey } from './signing-keys.js';

const MAX_TOKENS = 10_000;
const MAX_AGE_MS = 60_000;

interface Verified {
  principal: Principal;
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
  private readonly verified = new LRUCache<string, Verified>({ max: MAX_TOKENS });

  get({ key, keys }: Realm, token: string): Principal | undefined {
    const verified = this.verified.get(digest(key, token));
    if (verified?.keys !== keys.current) return undefined;
    const { principal } = verified ?? {};
    return principal && principal.expiresAt * 1000 > Date.now() ? principal : undefined;
  }

  set({ key, keys }: Realm, token: string, principal: Principal): void {
    const ttl = Math.min(MAX_AGE_MS, principal.expiresAt * 1000 - Date.now());
    if (ttl < 1) return;
    const verified = { principal, keys: keys.current };
    this.verified.set(digest(key, token), verified, { ttl: Math.floor(ttl) });
  }
}

const digest = (key: string, token: string) => hash('sha256', `${key} ${token}`, 'base64');
