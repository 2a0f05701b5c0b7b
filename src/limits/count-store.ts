import type { RateLimiterStoreAbstract } from 'rate-limiter-flexible';
import type { DataSource } from 'typeorm';
import { withTimeout } from '../database/with-timeout.js';

/** Counts that several instances have in common. */
export interface CountStore {
  /** Adds to a key, whose window begins when there is none. */
  add(key: string, count: number, seconds: number): Promise<{ count: number; resetsAt: number }>;
  close(): void;
}

/** Milliseconds that a start waits for Redis. */
const CONNECT_MS = 2_000;

/** Made by a migration. */
const TABLE = 'rate_limits';

/** What the library would judge by; here it only counts. */
const COUNTING = { points: 1, duration: 1 };

/** @param place `postgres`, or the URL of a Redis. What it needs is loaded now. */
export async function openCountStore(place: string, database: DataSource): Promise<CountStore> {
  const { RateLimiterPostgres, RateLimiterRedis } = await import('rate-limiter-flexible');
  if (place === 'postgres')
    return counting(
      new RateLimiterPostgres({
        ...COUNTING,
        storeClient: database,
        storeType: 'typeorm',
        tableName: TABLE,
        tableCreated: true,
        keyPrefix: '',
      }),
      () => undefined,
    );
  const { createClient } = await import('@redis/client');
  const client = createClient({
    url: place,
    // What cannot be counted now is counted later, by the next attempt.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (tries) => Math.min(100 * 2 ** tries, 2_000),
    },
  });
  // Who adds is told; without a listener the process would end.
  client.on('error', () => undefined);
  // It goes on trying, also when the service starts before Redis does.
  await withTimeout(
    CONNECT_MS,
    client.connect().catch(() => undefined),
  );
  return counting(
    new RateLimiterRedis({
      ...COUNTING,
      storeClient: client,
      useRedisPackage: true,
      keyPrefix: 'nameplate',
    }),
    () => client.destroy(),
  );
}

function counting(limiter: RateLimiterStoreAbstract, close: () => void): CountStore {
  return {
    close,
    add: async (key, count, seconds) => {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key, count, {
        customDuration: seconds,
      });
      return { count: consumedPoints, resetsAt: Date.now() + msBeforeNext };
    },
  };
}
