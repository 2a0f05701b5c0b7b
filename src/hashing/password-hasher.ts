import { createHash, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import * as argon2 from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import { unavailable } from '../errors/app-error.js';
import type { PasswordAlgorithm, StoredPassword } from './stored-password.js';

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. About 40 ms of one core. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes run in libuv's thread pool; more of them at once would starve it, the memory, and all who need a processor. */
const PARALLEL = availableParallelism() > 2 ? 2 : 1;
const BCRYPT_BYTES = 72;
const MAX_WAITING = 100;

/** Of a password that nobody knows: to verify against when a user has none. */
const DECOY =
  '$argon2id$v=19$m=19456,t=2,p=1$bm90IGEgcmVhbCBzYWx0$buLsLRarEUFKR2Yp3RJKwZIekrjEpXsMUCGctMXDMWw';

/** Password hashing off the event loop, a bounded number at a time. */
@Injectable()
export class PasswordHasher {
  private readonly limit = pLimit(PARALLEL);

  /** @throws AppError service.unavailable when too many are waiting */
  async hash(password: string): Promise<StoredPassword> {
    const digest = await this.run(() => argon2.hash(password, ARGON2ID));
    return { digest, algorithm: 'Argon2id' };
  }

  /**
   * Whether it is the password. Takes about as long when there is no stored one.
   *
   * @throws AppError service.unavailable when too many are waiting
   */
  async verify(password: string, stored: StoredPassword | undefined): Promise<boolean> {
    const { algorithm, digest } = stored ?? { algorithm: 'Argon2id', digest: DECOY };
    const matches = await this.run(() => VERIFIERS[algorithm](password, digest).catch(() => false));
    return matches && stored !== undefined;
  }

  /** Whether a password that was verified should be stored anew, as `hash` does it. */
  isOutdated({ algorithm, digest }: StoredPassword, password: string): boolean {
    // Bcrypt reads no further, so a longer password may not be the very one that was set.
    if (algorithm === 'Bcrypt' && Buffer.byteLength(password) > BCRYPT_BYTES) return false;
    return algorithm !== 'Argon2id' || !digest.startsWith('$argon2id$v=19$m=19456,t=2,p=1$');
  }

  private run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.limit.pendingCount >= MAX_WAITING)
      throw unavailable('Too many passwords are being checked.');
    return this.limit(task);
  }
}

type Verifier = (password: string, digest: string) => Promise<boolean>;

const argon2Verifier: Verifier = (password, digest) => argon2.verify(digest, password);

const plainVerifier =
  (name: string): Verifier =>
  (password, digest) => {
    const actual = createHash(name).update(password).digest();
    return Promise.resolve(timingSafeEqual(actual, Buffer.from(digest, 'hex')));
  };

const VERIFIERS: Record<PasswordAlgorithm, Verifier> = {
  Argon2i: argon2Verifier,
  Argon2id: argon2Verifier,
  Argon2d: argon2Verifier,
  // $2y$ is PHP's name for what everybody else calls $2b$.
  Bcrypt: (password, digest) => bcrypt.compare(password, digest.replace(/^\$2y/, '$2b')),
  SHA1: plainVerifier('sha1'),
  SHA256: plainVerifier('sha256'),
  MD5: plainVerifier('md5'),
};
