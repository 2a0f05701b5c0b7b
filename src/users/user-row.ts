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

/** The part of a user that a caller may set; absent keeps, null clears. */
export interface UserPatch {
  username?: string | null;
  primaryEmail?: string | null;
  primaryPhone?: string | null;
  name?: string | null;
  avatar?: string | null;
  customData?: Record<string, unknown>;
  profile?: Record<string, unknown>;
}
