import type { SelfServiceLevel } from '../config/self-service-fields.js';

/** What a tenant has of its own; what is absent is as the settings of the service say. */
export interface TenantSettings {
  selfServiceFields?: Record<string, SelfServiceLevel>;
  selfServiceClients?: string[];
  selfServiceProvisioning?: boolean;
  selfServiceAssumeVerified?: string[];
  reservedUsernames?: string[];
  eventsRetentionDays?: number;
  deliveriesRetentionDays?: number;
}

/** A tenant as the statements answer it; null is what the template of the service's setting gives. */
export interface TenantRow {
  id: string;
  issuer: string | null;
  jwksUri: string | null;
  userAudience: string | null;
  managementAudience: string | null;
  settings: TenantSettings;
  isSuspended: boolean;
}
