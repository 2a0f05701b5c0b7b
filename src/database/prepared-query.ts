import { createHash } from 'node:crypto';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { type DataSource, QueryFailedError } from 'typeorm';
import { connect, ownerOf } from './connect.js';
import { isAnswered } from './database-unavailable.js';
import { giveBack } from './guard-pool.js';
import { OutcomeUnknown } from './outcome-unknown.js';
import type { Statement } from './statement.js';
import type { TenantId } from './tenant.js';
import { beginWith, isPooled } from './time-limits.js';
import { traced } from './traced-statement.js';

/** Statements that are prepared at most: each costs memory in every connection. */
const MAX_PREPARED = 32;

/** invalid_sql_statement_name, duplicate_prepared_statement: refused before anything is done. */
export const REFUSALS = ['26000', '42P05'];

/** What the connections of one pool prepare. */
class Prepared {
  /** What is between here and PostgreSQL knows no prepared statements. */
  isRefused = false;
  /** SQL → the name that it is prepared under. */
  private readonly names = new Map<string, string>();

  nameOf(text: string): string | undefined {
    if (this.isRefused) return undefined;
    const known = this.names.get(text);
    if (known || this.names.size >= MAX_PREPARED) return known;
    const name = createHash('sha256').update(text).digest('base64url');
    this.names.set(text, name);
    return name;
  }
}

const all = new WeakMap<object, Prepared>();

/** The connections of the service. */
export const poolOf = ({ driver }: DataSource) => (driver as unknown as { master: Pool }).master;

/**
 * Runs a statement that is prepared once in each connection: to analyse and plan the statement of a
 * PATCH takes longer than to run it. The name is made of the text, so a pooler between here and
 * PostgreSQL cannot mistake one for another; with one that knows no prepared statements, it goes on
 * without.
 *
 * @throws QueryFailedError as DataSource.query does; OutcomeUnknown
 */
export function preparedQuery<Row>(
  connections: Pool | PoolClient,
  statement: Statement,
): Promise<Row[]> {
  return traced(statement[0], () => runPrepared<Row>(connections, statement));
}

async function runPrepared<Row>(
  connections: Pool | PoolClient,
  statement: Statement,
): Promise<Row[]> {
  const [text, values] = statement;
  const prepared = preparedOf(connections);
  const name = prepared.nameOf(text);
  try {
    const { rows } = await queryOf(
      connections,
      { text, values, ...(name && { name }) },
      statement.tenantId,
    );
    return rows as Row[];
  } catch (error) {
    if (name && REFUSALS.includes((error as { code?: string }).code ?? '')) {
      prepared.isRefused = true;
      // A transaction is at its end by that, and begins anew (retry-on-contention.ts).
      if (!('release' in connections)) return await runPrepared(connections, statement);
    }
    if (error instanceof OutcomeUnknown) throw error;
    throw new QueryFailedError(text, values, error as Error);
  }
}

/** The pool's own `query` closes the connection of every statement that PostgreSQL refused. */
async function queryOf(
  connections: Pool | PoolClient,
  config: QueryConfig,
  tenantId: TenantId | undefined,
) {
  if ('release' in connections) return connections.query(config);
  const client = await connect(connections, tenantId);
  let failure: Error | undefined;
  try {
    return await (isPooled(client) ? queryPooled(client, config) : client.query(config));
  } catch (error) {
    if (isAnswered(error)) throw error;
    failure = error as Error;
    throw new OutcomeUnknown(config.text, config.values, failure);
  } finally {
    giveBack(client, failure);
  }
}

/** In a transaction, whose time limits no other client of the pooler inherits. */
async function queryPooled(client: PoolClient, config: QueryConfig) {
  await client.query(beginWith(client));
  try {
    const result = await client.query(config);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (isAnswered(error)) await client.query('ROLLBACK');
    throw error;
  }
}

function preparedOf(connections: Pool | PoolClient): Prepared {
  const pool = 'release' in connections ? (ownerOf(connections) ?? connections) : connections;
  const prepared = all.get(pool) ?? new Prepared();
  all.set(pool, prepared);
  return prepared;
}
