import type { Principal } from '../auth/principal.js';

export const WRITES = Symbol('writes');

export interface WriteOptions {
  /** Whether it changes a user, and so takes `?dryRun=true`. */
  writesUser: boolean;
  /** The field of the user that the route answers, when it is not the user. */
  part?: string;
  /** Whether it may share its transaction: what it does takes no time but that of statements. */
  isQuick?: boolean;
  /** What of an answer that was kept this caller may see now. */
  shownTo?: ((body: unknown, principal: Principal) => unknown) | undefined;
}
