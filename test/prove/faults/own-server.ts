import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../src/data-source.js';
import { EmbeddedPostgres } from '../../../src/database/embedded-postgres.js';
import { freePort } from '../../../src/database/loopback-port.js';
import { readPostmaster } from '../../../src/database/postmaster.js';
import { eventually, killTree } from '../programs.js';

/** MB: a cluster, and little more. */
const DISK_MB = 250;

/** A PostgreSQL that keeps what it has committed, on a small disk of its own where that can be made. */
export class OwnServer {
  private constructor(
    private readonly folder: string,
    /** Whether the disk is its own, and so may be filled. */
    readonly hasDisk: boolean,
    private readonly port: number,
    private postgres: EmbeddedPostgres,
  ) {}

  static async start(): Promise<OwnServer> {
    const folder = mkdtempSync(join(tmpdir(), 'nameplate-prove-'));
    const options = `size=${DISK_MB}m,mode=755`;
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    chmodSync(folder, 0o755);
    const port = await freePort();
    const postgres = await open(folder, port);
    const server = new OwnServer(folder, mount.status === 0, port, postgres);
    try {
      await server.migrate();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get url(): string {
    const url = new URL(this.postgres.url());
    url.port = String(this.port);
    return url.href;
  }

  async query<Row>(sql: string): Promise<Row[]> {
    const client = new Client(this.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows as Row[];
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Of the sessions of the service. */
  async terminateBackends(): Promise<void> {
    await this.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
  }

  /** kill -9 of all its processes. */
  kill(): void {
    killTree(readPostmaster(join(this.postgres.folder, 'postgres'))?.pid ?? 0);
  }

  async restart(): Promise<void> {
    await this.postgres.stop();
    await this.run();
  }

  /** Starts it, if it does not run. */
  async run(): Promise<void> {
    await eventually('PostgreSQL starts', async () => {
      this.postgres = await open(this.folder, this.port);
      await this.query('SELECT 1');
      return true;
    });
  }

  /** No byte is left on its disk, until the answer is called. */
  fillDisk(): () => void {
    const ballast = join(this.folder, 'ballast');
    for (const size of [1_048_576, 4_096])
      try {
        const { bavail, bsize } = statfsSync(this.folder);
        const bytes = Buffer.alloc(Math.floor((bavail * bsize) / size) * size);
        writeFileSync(`${ballast}${size}`, bytes);
      } catch {
        // It is full.
      }
    return () => {
      for (const size of [1_048_576, 4_096]) rmSync(`${ballast}${size}`, { force: true });
    };
  }

  private async migrate(): Promise<void> {
    const options = dataSourceOptions({ DATABASE_URL: this.url, DATABASE_POOL_SIZE: 1 });
    const database = await new DataSource(options).initialize();
    await database.runMigrations();
    await database.destroy();
  }

  async stop(): Promise<void> {
    await this.postgres.stop().catch(() => undefined);
    if (this.hasDisk) spawnSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const open = (folder: string, port: number) =>
  EmbeddedPostgres.open({
    folder,
    settings: [`port=${port}`, 'max_wal_size=32MB', 'min_wal_size=32MB', 'max_connections=60'],
  });
