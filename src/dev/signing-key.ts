import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { parseJson } from '../json/parse-json.js';
import { makeOnce } from './make-once.js';

/** The development issuer's private key (JWK), made once and kept: its tokens outlive a restart. */
export async function developmentKey(folder: string): Promise<JWK> {
  const file = join(folder, 'development-issuer-key.json');
  if (!existsSync(file)) await makeKey(file);
  return parseJson(readFileSync(file, 'utf8')) as JWK;
}

/** The service and the token command may both be first. */
async function makeKey(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(key);
  makeOnce(file, () => JSON.stringify({ ...key, kid, alg: 'ES256', use: 'sig' }));
}
