import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { IssuerKeys, OperatorKeys } from './issuer-keys.js';
import type { Principal } from './principal.js';

const MAX_TOKENS = 10_000;
const MAX_AGE_MS = 60_000;

/**
 * Principals of tokens that were verified a moment ago, so that a signature is checked once and not
 * on every request. Keyed by a hash of the whole token; dropped when the issuer's keys change.
 */
@Injectable()
export class TokenCache {
  private readonly principals = new LRUCache<string, Principal>({ max: MAX_TOKENS });

  constructor(keys: IssuerKeys, operatorKeys: OperatorKeys) {
    for (const known of [keys, operatorKeys]) known.onChange(() => this.principals.clear());
  }

  get(token: string): Principal | undefined {
    const principal = this.principals.get(digest(token));
    return principal && principal.expiresAt * 1000 > Date.now() ? principal : undefined;
  }

  set(token: string, principal: Principal): void {
    const ttl = Math.min(MAX_AGE_MS, principal.expiresAt * 1000 - Date.now());
    if (ttl >= 1) this.principals.set(digest(token), principal, { ttl: Math.floor(ttl) });
  }
}

const digest = (token: string) => hash('sha256', token, 'base64');
