import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { GENEROUS_LIMITS } from './generous-limits.js';

const main = resolve('dist/main.js');
const migrate = resolve('dist/migrate.js');
/** A source as a program, from any folder: arguments of node. */
export const TSX = [
  resolve('node_modules/tsx/dist/cli.mjs'),
  ...['--tsconfig', resolve('tsconfig.json')],
];
const tokenCommand = [...TSX, resolve('src/dev/token.ts')];

/** The built service as a process, started as `npm start` does it. */
export class Service {
  output = '';
  readonly exit: Promise<number | null>;

  constructor(private readonly process: ChildProcess) {
    const collect = (chunk: Buffer) => (this.output += chunk.toString());
    process.stdout?.on('data', collect);
    process.stderr?.on('data', collect);
    this.exit = new Promise((done) => process.once('exit', done));
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  async says(text: RegExp): Promise<void> {
    const ended = this.exit.then(() => 'ended' as const);
    const deadline = Date.now() + 120_000;
    while (Date.now() < deadline && !text.test(this.output))
      if ((await Promise.race([ended, sleep(50)])) === 'ended') break;
    expect(this.output).toMatch(text);
  }

  /** Ctrl-C. */
  async stop(): Promise<number | null> {
    this.process.kill('SIGINT');
    return this.exit;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exit;
  }
}

/** An empty folder with a port of its own, where a service finds its data again. */
export class Place {
  private readonly started: Service[] = [];

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  static async find(): Promise<Place> {
    const folder = mkdtempSync(join(tmpdir(), 'nameplate-start-'));
    chmodSync(folder, 0o755);
    return new Place(folder, await freePort());
  }

  spawn(env: Record<string, string> = {}): Service {
    return this.run([main], env);
  }

  /** The service, by this command. */
  run(args: string[], env: Record<string, string> = {}): Service {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { PATH, PORT: String(this.port), ...GENEROUS_LIMITS, ...env },
    });
    const service = new Service(child);
    this.started.push(service);
    return service;
  }

  async start(env?: Record<string, string>): Promise<Service> {
    const service = this.spawn(env);
    await service.says(/Swagger UI|Server listening/);
    return service;
  }

  async stopAll(): Promise<void> {
    for (const service of this.started.splice(0)) await service.stop();
  }

  /** kill -9. */
  async killAll(): Promise<void> {
    for (const service of this.started.splice(0)) await service.kill();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  postgresPid(): number | undefined {
    const file = join(this.folder, '.data', 'postgres', 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
  }

  /** Of the embedded database, while it runs. */
  databaseUrl(): string {
    const read = (...path: string[]) => readFileSync(join(this.folder, '.data', ...path), 'utf8');
    const port = read('postgres', 'postmaster.pid').split('\n')[3];
    return `postgres://nameplate:${read('postgres-password').trim()}@127.0.0.1:${port}/postgres`;
  }

  /** A request to the API of whatever service runs here. */
  send(token: string, method: string, path: string, body?: object): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** `npm run migration:…`, and what it says. */
  migrate(command: 'run' | 'revert', env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [migrate, command], {
      cwd: this.folder,
      encoding: 'utf8',
      env,
    });
    return { status, output: stdout + stderr };
  }

  /** `npm run token` with these arguments. */
  token(args: string[], env: Record<string, string> = {}) {
    return spawnSync(process.execPath, [...tokenCommand, ...args], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', PORT: String(this.port), ...env },
    });
  }

  /** What a line says in a terminal of this folder, where nothing is set and `npm run token` is there. */
  paste(line: string): string {
    const token = ['node', ...tokenCommand].join(' ');
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ scripts: { token } }));
    return spawnSync('sh', ['-c', line], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '' },
    }).stdout;
  }
}

/** The version that the `ETag` of an answer has. */
export const versionOf = ({ headers }: Response) =>
  Number(headers.get('etag')?.replaceAll('"', ''));

export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    // A killed process that nobody has waited for is still listed.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
