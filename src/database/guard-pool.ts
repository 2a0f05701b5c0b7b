import type { Client, Pool, PoolClient } from 'pg';
import { READ_ONLY } from './primary.js';

/** pg shows the statement that a connection is busy with, and whether it is there, under private names only. */
type Connection = Client & { _activeQuery: unknown; _queryable: boolean };

const ignore = () => undefined;

/** Milliseconds that a connection whose user has left keeps its place, while PostgreSQL still works for it. */
const LEFT_MS = 30_000;

/**
 * Gives a connection back to its pool. One that is still busy with what its user gave up keeps its place
 * until that is done, or else there would soon be more of them than the pool may have.
 */
export function giveBack(client: PoolClient, failure?: Error): void {
  const connection = client as unknown as Connection;
  if (!connection._activeQuery || !connection._queryable) {
    client.release(failure);
    return;
  }
  const release = () => {
    clearTimeout(timer);
    client.off('drain', release).off('end', release);
    client.release(failure);
  };
  const timer = setTimeout(release, LEFT_MS).unref();
  client.on('drain', release).on('end', release);
}

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
