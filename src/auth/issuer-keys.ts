import { Injectable, Logger } from '@nestjs/common';
import { compactVerify, errors, type JWSHeaderParameters } from 'jose';
import { Env } from '../config/env.js';
import { unavailable } from '../errors/app-error.js';
import { parseJson } from '../json/parse-json.js';
import { isPlainObject } from '../http/strict-json.js';
import { ALGORITHMS, candidates, type SigningKey, signingKeys } from './signing-keys.js';

const TIMEOUT_MS = 5_000;
/** An unknown `kid` makes the keys be fetched again, but not more often than this. */
export const COOLDOWN_MS = 10_000;
/** After this, keys are fetched again in the background, so that a withdrawn one goes. */
export const MAX_AGE_MS = 600_000;

/** The issuer's public keys (JWKS, RFC 7517), from OpenID Connect Discovery or AUTH_JWKS_URI. */
@Injectable()
export class IssuerKeys {
  private readonly logger = new Logger(IssuerKeys.name);
  private readonly changeListeners: (() => void)[] = [];
  private keys: SigningKey[] | undefined;
  private serialised = '';
  private fetchedAt = -Infinity;
  private attemptedAt = -Infinity;
  private pending: Promise<boolean> | undefined;

  constructor(private readonly env: Env) {}

  /** Calls back whenever a fetch brought other keys than the last one. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  /** Whether the keys are known, after trying once more (at most once a cooldown) when not. */
  async known(): Promise<boolean> {
    if (!this.keys) await this.refreshOncePerCooldown();
    return this.keys !== undefined;
  }

  /**
   * What a token says, if one of the issuer's keys has signed it.
   *
   * @returns the payload, unread
   * @throws JWKSNoMatchingKey the issuer has no such key; JWSSignatureVerificationFailed
   * @throws AppError service.unavailable: it has none that we know, and cannot be asked
   */
  async verify(token: string, header: JWSHeaderParameters): Promise<Uint8Array> {
    if (this.keys && Date.now() - this.fetchedAt > MAX_AGE_MS) void this.refreshOncePerCooldown();
    const known = await this.tryKeys(token, header);
    if (known) return known;
    const hadKeys = candidates(this.keys ?? [], header).length > 0;
    // Without a kid, a key that is new looks like a signature that is wrong.
    if (hadKeys && header.kid !== undefined) throw new errors.JWSSignatureVerificationFailed();
    const reached = await this.refreshOncePerCooldown();
    const rotated = await this.tryKeys(token, header);
    if (rotated) return rotated;
    if (hadKeys) throw new errors.JWSSignatureVerificationFailed();
    if (!reached)
      throw unavailable('The keys of the token issuer cannot be fetched.', COOLDOWN_MS / 1000);
    throw new errors.JWKSNoMatchingKey();
  }

  private async tryKeys(token: string, header: JWSHeaderParameters) {
    for (const key of candidates(this.keys ?? [], header))
      try {
        return (await compactVerify(token, key, { algorithms: ALGORITHMS })).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    return undefined;
  }

  /** Whether the last attempt, this one or one within the cooldown, reached the issuer. */
  private refreshOncePerCooldown(): Promise<boolean> {
    if (Date.now() - this.attemptedAt < COOLDOWN_MS)
      return this.pending ?? Promise.resolve(this.fetchedAt >= this.attemptedAt);
    // The very first keys are no refresh: a rotation right after start-up is found at once.
    const first = !this.keys;
    const startedAt = Date.now();
    this.attemptedAt = startedAt;
    this.pending ??= this.fetchKeys()
      .then((keys) => {
        this.use(keys);
        this.fetchedAt = startedAt;
        if (first) this.attemptedAt = -Infinity;
        return true;
      })
      .catch((error: unknown) => {
        this.logger.warn(`The keys of the issuer cannot be fetched: ${causeOf(error)}`);
        return false;
      })
      .finally(() => (this.pending = undefined));
    return this.pending;
  }

  private use(keys: SigningKey[]): void {
    const serialised = JSON.stringify(keys.map(({ jwk }) => jwk));
    if (serialised === this.serialised) return;
    this.keys = keys;
    this.serialised = serialised;
    this.changeListeners.forEach((listener) => listener());
  }

  /** @throws Error also when none can be used: known keys are not given up for that */
  private async fetchKeys(): Promise<SigningKey[]> {
    const keys = signingKeys(await getJson(this.env.AUTH_JWKS_URI ?? (await this.discover())));
    if (keys.length === 0) throw new Error('the key set has no usable key');
    return keys;
  }

  private async discover(): Promise<string> {
    const issuer = this.env.AUTH_ISSUER ?? '';
    const document = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if (document['issuer'] !== issuer)
      throw new Error('its discovery document names another issuer than AUTH_ISSUER');
    if (typeof document['jwks_uri'] !== 'string') throw new Error('it names no jwks_uri');
    return document['jwks_uri'];
  }
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // Not the whole URL, which may hold credentials.
  const { host, pathname } = new URL(url);
  if (!response.ok) throw new Error(`${host}${pathname} answered ${response.status}`);
  const document: unknown = parseJson(await response.text());
  if (!isPlainObject(document)) throw new Error(`${host}${pathname} answered no JSON object`);
  return document;
}

function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } };
  return [message, cause?.code].filter(Boolean).join(': ');
}
