/** Every key has the tenant in it; there is one tenant for now. */
export const TENANT = 'default';
