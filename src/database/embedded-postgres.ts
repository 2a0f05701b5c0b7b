import { execFile } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { accepts, freePort } from './loopback-port.js';
import {
  type Account,
  canEnter,
  postgresAccount,
  postgresFolder,
  reachableBinaries,
} from './postgres-binaries.js';
import { isRunning, readPostmaster, releaseCluster } from './postmaster.js';

const USER = 'nameplate';
const run = promisify(execFile);

export interface EmbeddedOptions {
  /** Where the cluster lives; made when missing. */
  folder: string;
  /** More server settings, such as `fsync=off` for tests. */
  settings?: string[];
  onProblem?: (message: string) => void;
  /** Whether it must run already, as that of a service that runs. */
  mustRun?: boolean;
}

/**
 * A real PostgreSQL beside this process, from an npm package: for development and the tests. It is
 * driven by pg_ctl, so it lives in a session of its own: Ctrl-C does not reach it before the service
 * has finished, and after a crash of the service the next start finds it and goes on with it.
 */
export class EmbeddedPostgres {
  private port = 0;
  private watch: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;

  private constructor(
    /** Not the folder that was asked for when PostgreSQL's account cannot reach that one. */
    readonly folder: string,
    private readonly bin: string,
    private readonly account: Account | undefined,
    private readonly options: EmbeddedOptions,
  ) {}

  /** Makes the cluster when it is missing and starts it when it is not running. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const wanted = resolve(options.folder);
    const account = postgresAccount();
    mkdirSync(wanted, { recursive: true });
    const refuge = `/var/lib/nameplate-${hash('sha256', wanted).slice(0, 12)}`;
    const folder = canEnter(wanted, account) ? wanted : refuge;
    mkdirSync(folder, { recursive: true });
    const bin = reachableBinaries(postgresFolder(), account, refuge);
    const postgres = new EmbeddedPostgres(folder, bin, account, options);
    if (!options.mustRun) await postgres.initialise();
    await postgres.ensureRunning();
    return postgres;
  }

  url(database = 'postgres'): string {
    const password = readFileSync(this.passwordFile, 'utf8').trim();
    return `postgres://${USER}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts PostgreSQL again whenever it is gone, until `stop`. */
  keepRunning(): void {
    this.watch = setInterval(() => {
      this.starting ??= this.restartIfGone().finally(() => (this.starting = undefined));
    }, 500);
    this.watch.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    await this.starting;
    await this.pgCtl('stop', '-m', 'fast', '-w');
  }

  private get cluster(): string {
    return join(this.folder, 'postgres');
  }

  private get passwordFile(): string {
    return join(this.folder, 'postgres-password');
  }

  /** initdb fills a folder of another name first, so that a crash cannot leave half a cluster. */
  private async initialise(): Promise<void> {
    if (existsSync(join(this.cluster, 'PG_VERSION'))) return;
    const draft = `${this.cluster}.new`;
    rmSync(draft, { recursive: true, force: true });
    rmSync(this.passwordFile, { force: true });
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(this.passwordFile, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
    if (this.account)
      for (const path of [draft, this.passwordFile])
        chownSync(path, this.account.uid, this.account.gid);
    await this.exec('initdb', [
      ...['-D', draft, '-U', USER, `--pwfile=${this.passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      '--no-instructions',
    ]);
    renameSync(draft, this.cluster);
  }

  private async ensureRunning(): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const postmaster = readPostmaster(this.cluster);
      if (!postmaster) break;
      if (!isRunning(postmaster)) {
        if (releaseCluster(this.cluster, postmaster)) break;
      } else if (postmaster.port && (await accepts(postmaster.port))) {
        // Left over by a service that crashed: it goes on with this one.
        this.port = postmaster.port;
        return;
      }
      await sleep(500);
    }
    if (this.options.mustRun)
      throw new Error('the embedded PostgreSQL of the service does not run yet. Try again.');
    // Others may know it from an earlier start.
    this.port ||= await freePort(this.folder);
    await this.start();
  }

  private async restartIfGone(): Promise<void> {
    try {
      await this.ensureRunning();
    } catch (error) {
      this.options.onProblem?.(`PostgreSQL is gone and cannot start yet: ${String(error)}`);
    }
  }

  private async start(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      ...(this.options.settings ?? []),
    ];
    const log = join(this.cluster, 'server.log');
    const flags = settings.map((setting) => `-c "${setting}"`).join(' ');
    try {
      await this.pgCtl('start', '-w', '-t', '60', '-l', log, '-o', flags);
    } catch (error) {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3) : [];
      throw new Error(`PostgreSQL did not start. ${lines.join(' ')}`, { cause: error });
    }
  }

  private pgCtl(command: string, ...flags: string[]): Promise<void> {
    return this.exec('pg_ctl', [command, '-s', '-D', this.cluster, ...flags]);
  }

  private async exec(program: string, args: string[]): Promise<void> {
    await run(join(this.bin, program), args, { ...this.account, cwd: this.folder });
  }
}
