import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source.js';
import { updateUsersFunctions } from '../../src/users/record/update-users-apart.statement.js';
import { distribute } from '../../src/database/distribute.js';
import { urlOf } from './test-database.js';
import { TEMPLATE } from './test-server.js';

/** On every node of a Citus cluster a part of a migrated, distributed template, which each test file clones there. */
export default async function setUp(): Promise<void> {
  const coordinator = process.env['CITUS_URL'] ?? '';
  const nodes = (await run(
    coordinator,
    `SELECT nodename AS host, nodeport AS port FROM pg_dist_node
     WHERE noderole = 'primary' AND groupid <> 0`,
  )) as { host: string; port: number }[];
  const workers = nodes.map((node) => {
    const url = new URL(coordinator);
    return Object.assign(url, { hostname: node.host, port: String(node.port) }).href;
  });
  const servers = [coordinator, ...workers];
  process.env['TEST_DATABASE_SERVERS'] = JSON.stringify(servers);
  for (const server of servers) {
    await dropTemplate(server);
    await run(server, `CREATE DATABASE ${TEMPLATE}`);
    await run(urlOf(server, TEMPLATE), 'CREATE EXTENSION citus');
  }
  const template = urlOf(coordinator, TEMPLATE);
  const { hostname, port } = new URL(coordinator);
  await run(template, `SELECT citus_set_coordinator_host('${hostname}', ${port || 5432})`);
  for (const { host, port } of nodes)
    await run(template, `SELECT citus_add_node('${host}', ${port})`);
  await migrate(template);
  for (const server of servers) await close(server);
}

async function migrate(url: string): Promise<void> {
  const options = dataSourceOptions({ DATABASE_URL: url, DATABASE_POOL_SIZE: 1 });
  const database = await new DataSource(options).initialize();
  await database.runMigrations();
  await distribute(database, updateUsersFunctions());
  await database.destroy();
}

/** What somebody is connected to cannot be cloned, and every database of Citus has its daemon. */
async function close(server: string): Promise<void> {
  await run(server, `ALTER DATABASE ${TEMPLATE} ALLOW_CONNECTIONS false`);
  await run(
    server,
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${TEMPLATE}'`,
  );
}

const dropTemplate = (server: string) =>
  run(server, `DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);

async function run(url: string, statement: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
