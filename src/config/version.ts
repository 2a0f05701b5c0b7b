import { createRequire } from 'node:module';

/** Of package.json, which says it once for the start, the command and the API document. */
export const { version: VERSION } = createRequire(import.meta.url)('../../package.json') as {
  version: string;
};
