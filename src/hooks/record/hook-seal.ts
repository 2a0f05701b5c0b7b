import { Injectable } from '@nestjs/common';
import type { TenantId } from '../../database/tenant.js';
import { SecretBox } from '../../secrets/secret-box.js';
import { type HookKey, queueOf } from './hook-key.js';
import type { Hook, SealedHook } from './hook-row.js';
import type { SigningSecret } from './signing-secret.js';

const headersOf = (hook: HookKey) => `hook ${queueOf(hook)} headers`;
const secretsOf = (hook: HookKey) => `hook ${queueOf(hook)} secrets`;

/** Headers and secrets of hooks, sealed and opened, each for its own hook: both are credentials. */
@Injectable()
export class HookSeal {
  constructor(private readonly box: SecretBox) {}

  /** @throws AppError hook.not_configured, as all below do but `opens` */
  open(tenantId: TenantId, row: SealedHook): Hook {
    return { ...row, headers: this.openHeaders({ ...row, tenantId }) };
  }

  opens(row: SealedHook & HookKey): boolean {
    try {
      this.openSecrets(row);
      this.openHeaders(row);
      return true;
    } catch {
      return false;
    }
  }

  openHeaders({ headers, ...hook }: HookKey & Pick<SealedHook, 'headers'>): Hook['headers'] {
    return (headers === null ? {} : this.box.open(headersOf(hook), headers)) as Hook['headers'];
  }

  sealHeaders({ headers, ...hook }: HookKey & Pick<Hook, 'headers'>): string | null {
    return Object.keys(headers).length === 0 ? null : this.box.seal(headersOf(hook), headers);
  }

  openSecrets({ secrets, ...hook }: HookKey & Pick<SealedHook, 'secrets'>): SigningSecret[] {
    return this.box.open(secretsOf(hook), secrets) as SigningSecret[];
  }

  sealSecrets(hook: HookKey, secrets: SigningSecret[]): string {
    return this.box.seal(secretsOf(hook), secrets);
  }
}
