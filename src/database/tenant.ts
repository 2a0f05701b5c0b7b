/** A tenant's id, of a tenant that there is. */
export type TenantId = string & { readonly tenant: unique symbol };

/** Every key has the tenant in it; there is one tenant for now. */
export const TENANT = 'default';
