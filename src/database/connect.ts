import type { Pool, PoolClient } from 'pg';
import type { TenantId } from './tenant.js';
import { Turns } from './turns.js';

interface Shared {
  turns: Turns;
  /** Connections that were got in turn. */
  held: WeakSet<PoolClient>;
}

const pools = new WeakMap<Pool, Shared>();
const owners = new WeakMap<PoolClient, Pool>();

/**
 * A connection of a pool that tenants share: where they want more than there are, each has its turn. It is
 * given back as any other is.
 *
 * @param tenantId undefined: of no tenant, which is a lane of its own
 * @throws as `Pool.connect` does
 */
export async function connect(pool: Pool, tenantId: TenantId | undefined): Promise<PoolClient> {
  const { turns, held } = sharedOf(pool);
  await turns.take(tenantId ?? '');
  try {
    const client = await pool.connect();
    held.add(client);
    owners.set(client, pool);
    return client;
  } catch (error) {
    turns.give();
    throw error;
  }
}

/** The pool that a connection is of. */
export const ownerOf = (client: PoolClient) => owners.get(client);

/** How many wait for their turn. */
export const waitingFor = (pool: Pool): number => sharedOf(pool).turns.waitingCount;

function sharedOf(pool: Pool): Shared {
  const known = pools.get(pool);
  if (known) return known;
  const { max, connectionTimeoutMillis } = pool.options;
  const shared = { turns: new Turns(max, connectionTimeoutMillis ?? 0), held: new WeakSet() };
  pool.on('release', (_error, client) => {
    if (shared.held.delete(client)) shared.turns.give();
  });
  pools.set(pool, shared);
  return shared;
}
