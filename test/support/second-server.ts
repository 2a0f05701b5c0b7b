import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { freePort } from '../../src/database/loopback-port.js';
import type { TestDatabase } from './test-database.js';

/** A server beside the one of all tests, with an empty database of the same name, user and password. */
export class SecondServer {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private postgres: EmbeddedPostgres,
    /** Where `port` leads. */
    readonly url: string,
  ) {}

  static async start({ name, url }: TestDatabase): Promise<SecondServer> {
    const folder = mkdtempSync(join(tmpdir(), 'nameplate-second-'));
    chmodSync(folder, 0o755);
    const port = await freePort();
    const at = new URL(url);
    at.port = String(port);
    const postgres = await open(folder, port);
    const server = new SecondServer(folder, port, postgres, at.href);
    const own = new URL(postgres.url());
    own.port = String(port);
    await run(own.href, `CREATE DATABASE ${name}`);
    await run(own.href, `ALTER ROLE nameplate PASSWORD '${at.password}'`);
    const options = dataSourceOptions({ DATABASE_URL: at.href, DATABASE_POOL_SIZE: 1 });
    const database = await new DataSource(options).initialize();
    await database.runMigrations();
    await database.destroy();
    return server;
  }

  run<Row>(statement: string): Promise<Row[]> {
    return run<Row>(this.url, statement);
  }

  /** Starts again, as a standby that has no primary: it only reads until it is promoted. */
  async becomeStandby(): Promise<void> {
    await this.stop();
    writeFileSync(join(this.postgres.folder, 'postgres', 'standby.signal'), '');
    this.postgres = await open(this.folder, this.port);
  }

  async promote(): Promise<void> {
    await this.run('SELECT pg_promote()');
  }

  async stop(): Promise<void> {
    await this.postgres.stop();
  }

  async remove(): Promise<void> {
    await this.stop().catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const open = (folder: string, port: number) =>
  EmbeddedPostgres.open({ folder, settings: ['fsync=off', `port=${port}`] });

async function run<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}
