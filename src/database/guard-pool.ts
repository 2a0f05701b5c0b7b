import type { Client, Pool, PoolClient } from 'pg';
import { READ_ONLY } from './primary.js';

/** pg shows the statement that a connection is busy with under a private name only. */
type Connection = Client & { _activeQuery: unknown };

const ignore = () => undefined;

/**
 * Keeps connections out of the pool that are not what the next request expects: one with an open
 * transaction, into which its statements would go and be lost, or one that is still busy with a
 * statement that timed out, or one to a database that takes no writes any more. They are closed;
 * PostgreSQL then ends what they held.
 */
export function guardPool(pool: Pool): void {
  const demoted = new WeakSet<object>();
  pool.on('release', (_error: Error | undefined, client) => {
    const connection = client as unknown as Connection;
    const isOpen = connection.getTransactionStatus() !== 'I';
    if (isOpen || connection._activeQuery || demoted.has(client))
      void connection.end().catch(() => undefined);
  });
  // With its user, and on its way there and back, a connection has nobody who listens for its end. The
  // first ones may be there before this is called.
  const listen = (client: PoolClient) => {
    if (client.listeners('error').includes(ignore)) return;
    client.on('error', ignore);
    (client as unknown as Connection).connection.on(
      'errorMessage',
      ({ code }: { code?: string }) => {
        if (code === READ_ONLY) demoted.add(client);
      },
    );
  };
  pool.on('connect', listen);
  pool.on('acquire', listen);
}
