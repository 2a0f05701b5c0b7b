import type { Principal } from '../auth/principal.js';
import { COSTS, type Cost } from './cost.js';

/** Whom a request counts for. */
export interface Account {
  /** Whatever it does. */
  name: string;
  /** For what it does of this cost. */
  caller: string;
  tenant: string;
}

/** A client, or in self-service a user, of one tenant. */
export function callerOf({ kind, subject, clientId }: Principal): string {
  return `${kind} ${kind === 'management' ? (clientId ?? subject) : subject}`;
}

/** The accounts of each principal, named once for all requests with its token. */
export class Accounts {
  private readonly named = new WeakMap<Principal, Record<Cost, Account>>();

  /** @param tenantId the one tenant that the principal is of; operators have none */
  of(principal: Principal, tenantId: string, cost: Cost): Account {
    let accounts = this.named.get(principal);
    if (!accounts) {
      const name = `${tenantId} ${callerOf(principal)}`;
      accounts = Object.fromEntries(
        COSTS.map((one) => {
          const [tenant, caller] = [`${one} ${tenantId}`, `${one} ${name}`];
          return [one, { name, tenant, caller }];
        }),
      ) as Record<Cost, Account>;
      this.named.set(principal, accounts);
    }
    return accounts[cost];
  }
}
