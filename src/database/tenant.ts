/** A tenant's id, of a tenant that there is. */
export type TenantId = string & { readonly tenant: unique symbol };
