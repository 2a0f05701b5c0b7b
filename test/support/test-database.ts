import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { TEMPLATE } from './test-server.js';

export interface TestDatabase {
  name: string;
  url: string;
  /** Of the node that comes last: on one PostgreSQL it is the same. */
  lastUrl: string;
  /** A connection of the test's own, beside the service's pool. */
  client: Client;
  /** Opens or closes the database to new connections. */
  allowConnections(allow: boolean): Promise<void>;
  /** Ends every connection but the test's own, and waits until both sides know. */
  disconnectOthers(): Promise<void>;
  drop(): Promise<void>;
}

/** The servers that each have a part of a database: one PostgreSQL, or the nodes of Citus, the coordinator first. */
const servers = (): [string, ...string[]] =>
  JSON.parse(process.env['TEST_DATABASE_SERVERS'] ?? '[""]') as [string, ...string[]];

const workers = () => servers().slice(1);

/** A migrated, empty database for one test file. */
export async function createTestDatabase(template = TEMPLATE): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await everywhere(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  // As docs/scale.md tells operators of Citus.
  await everywhere(
    `ALTER ROLE CURRENT_USER IN DATABASE ${name} SET lock_timeout = '4s'`,
    workers(),
  );
  const url = urlOf(servers()[0], name);
  const client = new Client(url);
  await client.connect();
  return {
    name,
    url,
    lastUrl: urlOf(servers().at(-1) ?? '', name),
    client,
    allowConnections: (allow) => everywhere(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${allow}`),
    disconnectOthers: async () => {
      const others = `FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`;
      await client.query(`SELECT pg_terminate_backend(pid) ${others}`, [name]);
      while ((await client.query(`SELECT ${others}`, [name])).rowCount) await sleep(20);
      await sleep(200);
    },
    drop: async () => {
      await client.end();
      await everywhere(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = database;
  return url.href;
}

const everywhere = async (statement: string, nodes: string[] = servers()) => {
  await Promise.all(nodes.map((url) => once(url, statement)));
};

/** Clones of one template must not be made at the same moment: the advisory lock lines them up. */
async function once(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query('SELECT pg_advisory_lock(1)');
  await client.query(statement);
  await client.end();
}
