/** Milliseconds for which what is known of a tenant may be what was. */
export const MAX_AGE_MS = 5_000;
