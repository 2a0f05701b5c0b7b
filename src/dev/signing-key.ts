import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** The development issuer's private key (JWK), made once and kept: its tokens outlive a restart. */
export async function developmentKey(folder: string): Promise<JWK> {
  const file = join(folder, 'development-issuer-key.json');
  if (!existsSync(file)) await makeKey(folder, file);
  return JSON.parse(readFileSync(file, 'utf8')) as JWK;
}

/** The service and the token command may both be first: a link is made once, whoever wins. */
async function makeKey(folder: string, file: string): Promise<void> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(key);
  const draft = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(draft, JSON.stringify({ ...key, kid, alg: 'ES256', use: 'sig' }), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
