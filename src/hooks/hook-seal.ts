import { Injectable } from '@nestjs/common';
import type { Hook, SealedHook } from './hook-row.js';
import { SecretBox } from '../secrets/secret-box.js';
import type { SigningSecret } from './signing-secret.js';

const headersOf = (id: string) => `hook ${id} headers`;
const secretsOf = (id: string) => `hook ${id} secrets`;

/** Headers and secrets of hooks, sealed and opened: both are credentials. */
@Injectable()
export class HookSeal {
  constructor(private readonly box: SecretBox) {}

  /** @throws AppError hook.not_configured, as all below do but `opens` */
  open(row: SealedHook): Hook {
    return { ...row, headers: this.openHeaders(row) };
  }

  opens(row: SealedHook): boolean {
    try {
      this.openSecrets(row);
      this.openHeaders(row);
      return true;
    } catch {
      return false;
    }
  }

  openHeaders({ id, headers }: Pick<SealedHook, 'id' | 'headers'>): Hook['headers'] {
    return (headers === null ? {} : this.box.open(headersOf(id), headers)) as Hook['headers'];
  }

  sealHeaders({ id, headers }: Pick<Hook, 'id' | 'headers'>): string | null {
    return Object.keys(headers).length === 0 ? null : this.box.seal(headersOf(id), headers);
  }

  openSecrets({ id, secrets }: Pick<SealedHook, 'id' | 'secrets'>): SigningSecret[] {
    return this.box.open(secretsOf(id), secrets) as SigningSecret[];
  }

  sealSecrets(id: string, secrets: SigningSecret[]): string {
    return this.box.seal(secretsOf(id), secrets);
  }
}
