import { Injectable } from '@nestjs/common';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { parseJson } from '../json/parse-json.js';
import { openText, sealText } from './sealed-text.js';

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
    return sealText(key, owner, JSON.stringify(value));
  }

  /** @throws AppError hook.not_configured when no key opens it */
  open(owner: string, sealed: string): unknown {
    for (const key of this.keys) {
      const text = openText(key, owner, sealed);
      if (text !== undefined) return parseJson(text);
    }
    throw notConfigured('SECRETS_KEY has no key that opens what is stored.');
  }
}

const notConfigured = (detail: string) => new AppError('hook.not_configured', detail);
