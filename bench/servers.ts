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
import { GENEROUS_LIMITS } from '../test/support/generous-limits.js';
import { addUsers } from './users.js';
import {
  createKey,
  MANAGEMENT_AUDIENCE,
  TestIssuer,
  USER_AUDIENCE,
} from '../test/support/test-issuer.js';

/** What `npm run start:prod` gives to node. */
const SHIPPED = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { 'start:prod': string } }
).scripts['start:prod']
  .replace(/.*exec node /, '')
  .split(' ');

export interface Server {
  url: string;
  pid: number;
  /** Milliseconds from its start until it was ready. */
  readyAfter: number;
  stop(): Promise<void>;
}

/** A durable PostgreSQL with users, the service as it is shipped, and the bare server beside it. */
export class Servers {
  private readonly children: ChildProcess[] = [];
  private readonly clients: Client[];

  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    readonly issuer: TestIssuer,
    readonly client: Client,
    readonly postgresPid: number,
    private readonly limits: Record<string, string>,
  ) {
    this.clients = [client];
  }

  /**
   * @param settings of PostgreSQL
   * @param limits of the service; `{}` are those that it is shipped with
   */
  static async start(
    users: number,
    settings: string[] = [],
    limits: Record<string, string> = GENEROUS_LIMITS,
  ): Promise<Servers> {
    const folder = mkdtempSync(join(tmpdir(), 'nameplate-bench-'));
    chmodSync(folder, 0o755);
    const postgres = await EmbeddedPostgres.open({ folder, settings });
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
    const servers = new Servers(folder, postgres, issuer, client, pid, limits);
    try {
      await addUsers(client, 1, users);
    } catch (error) {
      await servers.stop();
      throw error;
    }
    return servers;
  }

  /** @param env settings beside those that every run has */
  async service(env: Record<string, string> = {}): Promise<Server> {
    return this.spawn(SHIPPED, this.settings(env));
  }

  bare(): Promise<Server> {
    return this.spawn(['--no-warnings', resolve('bench/bare-server.ts')], {});
  }

  /** The build of another checkout, with as many users in a database of its own beside. */
  async other(folder: string, users: number): Promise<{ server: Server; client: Client }> {
    await this.client.query('CREATE DATABASE other');
    const env = this.settings({ DATABASE_URL: this.postgres.url('other') });
    const migrate = spawn(process.execPath, ['dist/migrate.js', 'run'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    });
    const [code] = (await once(migrate, 'exit')) as [number];
    if (code !== 0) throw new Error(`the build in ${folder} did not migrate its database`);
    const client = new Client(env['DATABASE_URL']);
    this.clients.push(client);
    await client.connect();
    await addUsers(client, 1, users);
    return { server: await this.spawn(SHIPPED, env, folder), client };
  }

  async stop(): Promise<void> {
    for (const child of this.children) await end(child);
    for (const client of this.clients) await client.end();
    await this.issuer.stop();
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private settings(env: Record<string, string>): Record<string, string> {
    return {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      AUTH_ISSUER: this.issuer.url,
      AUTH_USER_AUDIENCE: USER_AUDIENCE,
      AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
      ...this.limits,
      ...env,
    };
  }

  private async spawn(args: string[], env: Record<string, string>, folder = '.'): Promise<Server> {
    const port = await freePort();
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      cwd: resolve(folder),
      // The log is written, and read by nobody.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PORT: String(port), DATABASE_URL: this.postgres.url(), ...env },
    });
    this.children.push(child);
    const url = `http://127.0.0.1:${port}`;
    const isReady = () =>
      fetch(`${url}/health/ready`).then(
        () => true,
        () => false,
      );
    while (!(await isReady())) {
      if (child.exitCode !== null || performance.now() - startedAt > 60_000)
        throw new Error('a server did not start');
      await sleep(10);
    }
    const readyAfter = performance.now() - startedAt;
    return { url, pid: child.pid ?? 0, readyAfter, stop: () => end(child) };
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
