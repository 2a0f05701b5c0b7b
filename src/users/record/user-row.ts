import type { StoredPassword } from '../../hashing/stored-password.js';

/** One user as the statements of `user.statements.ts` answer it. */
export interface UserRow {
  id: string;
  username: string | null;
  primaryEmail: string | null;
  primaryPhone: string | null;
  name: string | null;
  avatar: string | null;
  customData: Record<string, unknown>;
  identities: Record<string, { userId: string; details: Record<string, unknown> }>;
  lastSignInAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  profile: Record<string, unknown>;
  applicationId: string | null;
  isSuspended: boolean;
  hasPassword: boolean;
  ssoIdentities: SsoIdentity[];
  version: string;
}

export interface SsoIdentity {
  tenantId: string;
  id: string;
  userId: string;
  issuer: string;
  identityId: string;
  detail: Record<string, unknown>;
  /** Milliseconds since the epoch. */
  createdAt: number;
  ssoConnectorId: string;
}

/** The part of a user that can be set; absent keeps, null clears. Each route takes its own part. */
export interface UserPatch {
  username?: string | null;
  primaryEmail?: string | null;
  primaryPhone?: string | null;
  name?: string | null;
  avatar?: string | null;
  customData?: Record<string, unknown> | null;
  profile?: Record<string, unknown> | null;
  isSuspended?: boolean;
  /** Milliseconds since the epoch. */
  lastSignInAt?: number | null;
  applicationId?: string | null;
  password?: StoredPassword;
  /** The addresses of this patch that nobody has proven to be the user's. */
  assumed?: ('primaryEmail' | 'primaryPhone')[];
}
