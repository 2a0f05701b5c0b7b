import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Env } from '../config/env.js';
import { notConfigured } from './hook.errors.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals what only the service may read (AES-256-GCM), under the keys of SECRETS_KEY. */
@Injectable()
export class SecretBox {
  private readonly keys: Buffer[];

  constructor({ SECRETS_KEY }: Env) {
    this.keys = SECRETS_KEY.map((key) => Buffer.from(key, 'base64'));
  }

  /**
   * @param owner what it belongs to; nobody can open it as a thing of another owner
   * @throws AppError hook.not_configured
   */
  seal(owner: string, value: unknown): string {
    const [key] = this.keys;
    if (!key) throw notConfigured('SECRETS_KEY is not set.');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64');
  }

  /** @throws AppError hook.not_configured when no key opens it */
  open(owner: string, sealed: string): unknown {
    const bytes = Buffer.from(sealed, 'base64');
    for (const key of this.keys) {
      const text = openWith(key, owner, bytes);
      if (text !== undefined) return JSON.parse(text);
    }
    throw notConfigured('SECRETS_KEY has no key that opens what is stored.');
  }
}

function openWith(key: Buffer, owner: string, bytes: Buffer): string | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString();
  } catch {
    // Sealed with another key, for another owner, or changed since.
    return undefined;
  }
}
