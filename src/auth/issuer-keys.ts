import { availableParallelism } from 'node:os';
import { Logger } from '@nestjs/common';
import { compactVerify, errors, type JWSHeaderParameters } from 'jose';
import pLimit from 'p-limit';
import { unavailable } from '../errors/app-error.js';
import { causeOf, getJson } from './get-json.js';
import { ALGORITHMS, candidates, type SigningKey, signingKeys } from './signing-keys.js';

/** An unknown `kid` makes the keys be fetched again, but not more often than this. */
export const COOLDOWN_MS = 10_000;
/** After this, keys are fetched again in the background, so that a withdrawn one goes. */
export const MAX_AGE_MS = 600_000;
/**
 * Signatures are checked in libuv's thread pool: at most half of it, and never by all cores, of which
 * the event loop needs one. The others wait, and hold up nobody whose token is known.
 */
export const PARALLEL_CHECKS = Math.max(1, Math.min(2, availableParallelism() - 1));

/** Of all issuers. */
const check = pLimit(PARALLEL_CHECKS);

/** Checks that wait for others at most: about a second's. */
const MAX_WAITING = 1_000;

/** Where keys are. */
export interface KeySource {
  issuer: string;
  /** Found by OpenID Connect Discovery when there is none. */
  jwksUri: string | undefined;
  /** The settings that say so, for the log. */
  settings: 'AUTH' | 'AUTH_MANAGEMENT' | 'OPERATOR';
}

/** An issuer's public keys (JWKS, RFC 7517). */
export class IssuerKeys {
  private readonly logger = new Logger(IssuerKeys.name);
  private keys: SigningKey[] | undefined;
  private serialised = '';
  private fetchedAt = -Infinity;
  private attemptedAt = -Infinity;
  private pending: Promise<boolean> | undefined;
  /** The last attempt has failed, which is told once. */
  private isLost = false;

  constructor(private readonly source: KeySource) {}

  /** The same list as long as no fetch brought other keys. */
  get current(): readonly SigningKey[] | undefined {
    return this.keys;
  }

  /** Whether the keys are known, after trying once more (at most once a cooldown) when not. */
  async known(): Promise<boolean> {
    if (!this.keys) await this.refreshOncePerCooldown();
    return this.keys !== undefined;
  }

  /** Whether a key is known that may have signed a token with this header. */
  mayKnow(header: JWSHeaderParameters): boolean {
    return candidates(this.keys ?? [], header).length > 0;
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
    const hadKeys = this.mayKnow(header);
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

  private async tryKeys(
    token: string,
    header: JWSHeaderParameters,
  ): Promise<Uint8Array | undefined> {
    const { keys } = this;
    for (const key of candidates(keys ?? [], header))
      try {
        const options = { algorithms: ALGORITHMS };
        if (check.pendingCount >= MAX_WAITING)
          throw unavailable('Too many tokens are being verified.');
        const { payload } = await check(() => compactVerify(token, key, options));
        // A key that was withdrawn meanwhile does not count any more.
        return this.keys === keys ? payload : await this.tryKeys(token, header);
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
        if (this.isLost) this.logger.warn('The keys of the token issuer can be fetched again.');
        this.isLost = false;
        if (first) this.attemptedAt = -Infinity;
        return true;
      })
      .catch((error: unknown) => {
        if (!this.isLost) this.warn(error);
        this.isLost = true;
        return false;
      })
      .finally(() => (this.pending = undefined));
    return this.pending;
  }

  private warn(error: unknown): void {
    const { jwksUri, settings } = this.source;
    const setting = `${settings}_${jwksUri ? 'JWKS_URI' : 'ISSUER'}`;
    this.logger.warn(
      `${setting}: the keys of the token issuer cannot be fetched. ${causeOf(error)} ` +
        (this.keys ? 'Those that are known go on.' : 'Until they can, requests are 503.'),
    );
  }

  private use(keys: SigningKey[]): void {
    const serialised = JSON.stringify(keys.map(({ jwk }) => jwk));
    if (serialised === this.serialised) return;
    this.keys = keys;
    this.serialised = serialised;
  }

  /** @throws Error also when none can be used: known keys are not given up for that */
  private async fetchKeys(): Promise<SigningKey[]> {
    const keys = signingKeys(await getJson(this.source.jwksUri ?? (await this.discover())));
    if (keys.length === 0) throw new Error('The key set has no usable key.');
    return keys;
  }

  private async discover(): Promise<string> {
    const { issuer } = this.source;
    const document = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if (document['issuer'] !== issuer)
      throw new Error('Its discovery document names another issuer.');
    if (typeof document['jwks_uri'] !== 'string')
      throw new Error('Its discovery document names no jwks_uri.');
    return document['jwks_uri'];
  }
}
