import { LRUCache } from 'lru-cache';
import { atMost } from './at-most.js';
import type { TenantId } from './tenant.js';

/** Tenants that something is kept of in memory at most: those that nobody heard of for longest are forgotten. */
const MAX_TENANTS = 10_000;

/** What each tenant has of its own in this process, made when it is first asked for. */
export class PerTenant<Value extends object> {
  private readonly values = new LRUCache<TenantId, Value>(atMost(MAX_TENANTS));

  constructor(private readonly make: (tenantId: TenantId) => Value) {}

  of(tenantId: TenantId): Value {
    const known = this.values.get(tenantId);
    if (known) return known;
    const made = this.make(tenantId);
    this.values.set(tenantId, made);
    return made;
  }
}
