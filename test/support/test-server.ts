import type { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';

export const TEMPLATE = 'nameplate_template';

/** Set by the global set-up, read by the global tear-down; both run in the same process. */
export const testServer: { current?: EmbeddedPostgres } = {};
