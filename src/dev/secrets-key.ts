import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FOLDER } from './development-issuer.js';
import { makeOnce } from './make-once.js';

/**
 * Stands in for SECRETS_KEY: made once and kept, so that what it sealed can be opened again. Where
 * nothing can be written there is none, and hooks stay unconfigured.
 */
export function developmentSecretsKeys(): string[] {
  const file = join(DATA_FOLDER, 'development-secrets-key');
  try {
    makeOnce(file, () => randomBytes(32).toString('base64'));
    return [readFileSync(file, 'utf8')];
  } catch {
    return [];
  }
}
