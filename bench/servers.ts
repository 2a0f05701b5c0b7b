import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/data-source.js';
import { EmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { freePort } from '../src/database/loopback-port.js';
import {
  createKey,
  MANAGEMENT_AUDIENCE,
  TestIssuer,
  USER_AUDIENCE,
} from '../test/support/test-issuer.js';

export interface Server {
  url: string;
  pid: number;
}

/** A durable PostgreSQL with users, the service as it is shipped, and the bare server beside it. */
export class Servers {
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    readonly issuer: TestIssuer,
    readonly client: Client,
    readonly postgresPid: number,
  ) {}

  static async start(users: number): Promise<Servers> {
    const folder = mkdtempSync(join(tmpdir(), 'nameplate-bench-'));
    chmodSync(folder, 0o755);
    const postgres = await EmbeddedPostgres.open({ folder });
    const options = dataSourceOptions({ DATABASE_URL: postgres.url(), DATABASE_POOL_SIZE: 1 });
    const database = await new DataSource(options).initialize();
    await database.runMigrations();
    await database.destroy();
    const client = new Client(postgres.url());
    await client.connect();
    const pid = Number(
      readFileSync(join(postgres.folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    const issuer = await TestIssuer.start();
    // Logto's default, and the slowest to verify.
    issuer.keys = [await createKey('bench', 'ES384')];
    const servers = new Servers(folder, postgres, issuer, client, pid);
    await servers.fill(users);
    return servers;
  }

  /** @param env settings beside those that every run has */
  async service(env: Record<string, string> = {}): Promise<Server> {
    return this.spawn([resolve('dist/main.js')], {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      AUTH_ISSUER: this.issuer.url,
      AUTH_USER_AUDIENCE: USER_AUDIENCE,
      AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
      ...env,
    });
  }

  bare(): Promise<Server> {
    return this.spawn(['--no-warnings', resolve('bench/bare-server.ts')], {});
  }

  async stop(): Promise<void> {
    for (const child of this.children) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await this.client.end();
    await this.issuer.stop();
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async fill(users: number): Promise<void> {
    await this.client.query(
      `INSERT INTO users (tenant_id, id, name, username, username_key, primary_email,
         primary_email_key, custom_data, profile, created_at)
       SELECT 'default', 'u' || n, 'Name ' || n, 'user' || n, 'user' || n,
         'user' || n || '@example.com', 'user' || n || '@example.com', '{"plan": "pro"}',
         '{"givenName": "Ada", "familyName": "Lovelace"}', now() - n * interval '1 second'
       FROM generate_series(1, $1) n`,
      [users],
    );
    await this.client.query('VACUUM ANALYZE');
    await this.client.query('CHECKPOINT');
  }

  private async spawn(args: string[], env: Record<string, string>): Promise<Server> {
    const port = await freePort();
    const child = spawn(process.execPath, args, {
      cwd: resolve('.'),
      // The log is written, and read by nobody.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PORT: String(port), DATABASE_URL: this.postgres.url(), ...env },
    });
    this.children.push(child);
    const url = `http://127.0.0.1:${port}`;
    for (let attempt = 0; attempt < 600 && child.exitCode === null; attempt += 1) {
      if (
        await fetch(`${url}/health/ready`).then(
          () => true,
          () => false,
        )
      )
        return { url, pid: child.pid ?? 0 };
      await sleep(100);
    }
    throw new Error('a server did not start');
  }
}
