import type { TenantRow, TenantSettings } from '../tenancy/tenant-row.js';

/** A tenant with all that operators see of it. */
export interface TenantRecord extends TenantRow {
  /** Sorted. */
  hosts: string[];
  version: string;
  createdAt: Date;
  updatedAt: Date;
}

/** What operators set of a tenant. */
export type TenantFields = Omit<TenantRecord, 'id' | 'version' | 'createdAt' | 'updatedAt'>;

/** Absent keeps. In the settings of a merge patch, null removes. */
export type TenantPatch = Partial<Omit<TenantFields, 'settings'>> & {
  settings?: { [Name in keyof TenantSettings]: unknown } | null;
};
