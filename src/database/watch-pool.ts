import type { Pool } from 'pg';
import type { Metrics } from '../metrics/metrics.js';

export const usedConnections = ({ totalCount, idleCount }: Pool) => totalCount - idleCount;

/**
 * Tells what becomes of the connections of a pool.
 *
 * @param inLine how many wait before they ask the pool itself
 */
export function watchPool(
  metrics: Metrics,
  name: 'requests' | 'background',
  pool: Pool,
  inLine = () => 0,
): void {
  const of = { db_client_connection_pool_name: name };
  const inState = (state: string) => ({ ...of, db_client_connection_state: state });
  metrics.watch('db_client_connection_count', () => [
    [pool.idleCount, inState('idle')],
    [usedConnections(pool), inState('used')],
  ]);
  metrics.watch('db_client_connection_max', () => [[pool.options.max, of]]);
  metrics.watch('db_client_connection_pending_requests', () => [
    [pool.waitingCount + inLine(), of],
  ]);
}
