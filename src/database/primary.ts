import { Client, type ClientBase, type PoolConfig } from 'pg';
import { urlsOfHosts } from '../config/postgres-url.js';
import { limitSession, markPooled, type TimeLimits } from './time-limits.js';

/** read_only_sql_transaction (PostgreSQL, appendix A) */
export const READ_ONLY = '25006';

/** Milliseconds that a host may take to say what it is, when there are several. */
const PROBE_MS = 2_000;

/** A standby, or a primary that is set to take no writes: as bad as one that is away. */
class NotPrimary extends Error {
  override name = 'NotPrimary';
  readonly code = READ_ONLY;
}

interface Host {
  host: string;
  port: number;
}

type Connected = (error?: Error) => void;

/**
 * Options of a pool all of whose connections lead to a database that takes writes. node-postgres knows
 * neither several hosts nor `target_session_attrs`; this is `read-write`, also for a single host, whose
 * name may lead to a standby for a while.
 *
 * @param limits of all statements, in the database: what is given up here must not go on there
 */
export function primaryOf(url: string, limits: TimeLimits) {
  const urls = urlsOfHosts(url);
  // The first one stands for what all have in common: user, database, options.
  const connectionString = urls[0] ?? url;
  return urls.length > 1
    ? { connectionString, ...toPrimary(urls, limits) }
    : { connectionString, onConnect: (client: ClientBase) => prepare(client, limits) };
}

/** @throws NotPrimary */
async function prepare(client: ClientBase, limits: TimeLimits): Promise<void> {
  await refuseStandby(client);
  const { processID } = client as unknown as { processID: number };
  const { rows } = await client.query<{ pid: number }>(limitSession(limits, processID));
  if (rows[0]?.pid !== processID) markPooled(client, limits);
}

/** @throws NotPrimary */
async function refuseStandby(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ is: string }>(
    `SELECT current_setting('transaction_read_only') AS is`,
  );
  if (rows[0]?.is !== 'off') throw new NotPrimary('the database takes no writes');
}

/** Connections go to the host that took writes last; when it fails, the next one looks for another. */
function toPrimary(urls: string[], limits: TimeLimits) {
  let known: Promise<Host> | undefined;
  const forget = (error: Error) => {
    known = undefined;
    throw error;
  };

  class PrimaryClient extends Client {
    constructor(private readonly config: PoolConfig) {
      super(config);
    }

    override connect(): Promise<this>;
    override connect(connected: Connected): void;
    override connect(connected?: Connected): Promise<this> | void {
      const connection = this.reach();
      if (!connected) return connection;
      connection.then(() => connected(), connected);
    }

    private async reach(): Promise<this> {
      // All who come meanwhile wait for one look.
      known ??= firstPrimary(urls, this.config);
      Object.assign(this, await known.catch(forget));
      await super.connect().catch(forget);
      return this;
    }
  }

  return {
    Client: PrimaryClient as unknown as new () => ClientBase,
    onConnect: (client: ClientBase) => prepare(client, limits).catch(forget),
  };
}

/** All are asked at once: one that does not answer must hold up nobody. @throws AggregateError */
const firstPrimary = (urls: string[], config: PoolConfig): Promise<Host> =>
  Promise.any(urls.map((url) => probe(url, config)));

async function probe(connectionString: string, config: PoolConfig): Promise<Host> {
  const bounds = { connectionTimeoutMillis: PROBE_MS, query_timeout: PROBE_MS };
  const client = new Client({ ...config, ...bounds, connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await refuseStandby(client);
    return { host: client.host, port: client.port };
  } finally {
    void client.end().catch(() => undefined);
  }
}
