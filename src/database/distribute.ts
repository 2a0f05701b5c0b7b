import type { DataSource } from 'typeorm';

/** A function that only makes sense where tables are distributed. */
export interface DistributedFunction {
  /** Has the hash of the text: each version of the service calls its own. */
  name: string;
  /** Their types; the first is the tenant. */
  parameters: string;
  text: string;
}

/** Why nothing, or no more, was distributed; to be shown to the operator. */
export class DistributeError extends Error {
  override name = 'DistributeError';
}

interface Table {
  name: string;
  /** Its rows are a tenant's: the tenant is the first part of its key. */
  isOfTenant: boolean;
  references: string[];
  isPlaced: boolean;
}

/** What only migrations need, and what instances count together; with the queues of webhooks, it stays on the coordinator. */
const LOCAL = ['migrations', 'rate_limits'];

/** The table that all of a tenant's lie beside. */
const FIRST = 'users';

/** Partitions go with their table. */
const TABLES = `
  SELECT c.relname AS name,
    EXISTS (SELECT FROM pg_constraint p JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE p.conrelid = c.oid AND p.contype = 'p' AND a.attnum = p.conkey[1]
        AND a.attname = 'tenant_id') AS "isOfTenant",
    ARRAY(SELECT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
      WHERE f.conrelid = c.oid AND f.contype = 'f') AS references,
    EXISTS (SELECT FROM pg_dist_partition d WHERE d.logicalrelid = c.oid) AS "isPlaced"
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND c.relname <> ALL ($1)
  ORDER BY c.relname <> '${FIRST}', c.relname`;

/** Those that are not an extension's. */
const FUNCTIONS = `
  SELECT p.oid::regprocedure::text AS name FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
      AND d.objid = p.oid AND d.deptype = 'e')
    AND NOT EXISTS (SELECT FROM pg_dist_object o WHERE o.classid = 'pg_proc'::regclass
      AND o.objid = p.oid)
  ORDER BY 1`;

/**
 * Spreads the tables of a migrated database over the nodes of a Citus cluster: those of tenants by
 * `tenant_id`, side by side; what all tenants share is on every node. What is distributed already stays
 * as it is. See docs/scale.md.
 *
 * @returns what was done, in lines
 * @throws DistributeError
 */
export async function distribute(
  database: DataSource,
  calls: DistributedFunction[],
): Promise<string[]> {
  await requireCluster(database);
  if (await database.showMigrations())
    throw new DistributeError('The database is not migrated. Run npm run migration:run first.');
  const placed = await placeTables(database);
  for (const call of calls) await makeFunction(database, call);
  const functions = await database.query<{ name: string }[]>(FUNCTIONS);
  for (const { name } of functions)
    await database.query('SELECT create_distributed_function($1::regprocedure)', [name]);
  return [
    ...placed,
    ...functions.map(({ name }) => `${name}: on every node`),
    ...calls.map(({ name }) => `${name}: runs on the node of the tenant`),
    `${[...LOCAL, 'hook_queue.*'].join(', ')}: on the coordinator alone`,
  ];
}

/** @throws DistributeError unless this is the coordinator of a cluster that has a place for tables */
async function requireCluster(database: DataSource): Promise<void> {
  const [citus] = await database.query<{ installed: string | null }[]>(
    `SELECT installed_version AS installed FROM pg_available_extensions WHERE name = 'citus'`,
  );
  if (!citus)
    throw new DistributeError(
      'DATABASE_URL: the server there is PostgreSQL without Citus, which needs no distributing.',
    );
  if (citus.installed === null)
    await database.query('CREATE EXTENSION citus').catch((error: unknown) => {
      throw new DistributeError(
        `This user cannot run CREATE EXTENSION citus, which is to be done in this database of every node: ${(error as Error).message}`,
      );
    });
  const [node] = await database.query<{ isCoordinator: boolean; hasPlace: boolean }[]>(
    `SELECT citus_is_coordinator() AS "isCoordinator",
       EXISTS (SELECT FROM pg_dist_node WHERE shouldhaveshards) AS "hasPlace"`,
  );
  if (!node?.isCoordinator)
    throw new DistributeError('DATABASE_URL: the server there is not the coordinator of Citus.');
  if (!node.hasPlace)
    throw new DistributeError('The cluster has no worker yet: SELECT citus_add_node(host, port).');
}

/** What a table refers to is placed before it. */
async function placeTables(database: DataSource): Promise<string[]> {
  const said: string[] = [];
  const tables = await database.query<Table[]>(TABLES, [LOCAL]);
  const waiting = new Map(tables.map((table) => [table.name, table]));
  while (waiting.size > 0) {
    const next = [...waiting.values()].find(({ name, references }) =>
      references.every((other) => other === name || !waiting.has(other)),
    );
    if (!next) throw new DistributeError('Tables refer to each other in a circle.');
    waiting.delete(next.name);
    said.push(`${next.name}: ${await place(database, next)}`);
  }
  return said;
}

async function place(database: DataSource, table: Table): Promise<string> {
  const { name, isOfTenant, isPlaced } = table;
  const where = isOfTenant ? 'distributed by tenant_id' : 'on every node';
  if (isPlaced) return `${where}, as before`;
  await (isOfTenant
    ? database.query(`SELECT create_distributed_table($1, 'tenant_id', colocate_with => $2)`, [
        name,
        name === FIRST ? 'default' : FIRST,
      ])
    : database.query(`SELECT create_reference_table($1)`, [name]));
  return where;
}

/** Citus hands over a call as a whole, to the node that has the tenant which is its first argument. */
async function makeFunction(
  database: DataSource,
  { name, parameters, text }: DistributedFunction,
): Promise<void> {
  const signature = `${name}(${parameters})`;
  const [found] = await database.query<{ isThere: boolean }[]>(
    `SELECT to_regprocedure($1) IS NOT NULL AS "isThere"`,
    [signature],
  );
  if (found?.isThere) return;
  // One that is there without being handed over would be taken for done.
  await database.transaction(async (transaction) => {
    await transaction.query(text);
    await transaction.query(
      `SELECT create_distributed_function($1::regprocedure, 'tenant', colocate_with => '${FIRST}')`,
      [signature],
    );
  });
}
