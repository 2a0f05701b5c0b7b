import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { freePort } from '../../src/database/loopback-port.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { MANAGEMENT_AUDIENCE, TestIssuer, USER_AUDIENCE } from '../support/test-issuer.js';
import { GENEROUS_LIMITS } from '../support/generous-limits.js';
import type { Send } from './load.js';
import { eventually, Processes } from './programs.js';

export interface LabOptions {
  /** Settings of the service beside what it needs, by the issuer's address. */
  env?: (issuer: string) => Record<string, string>;
  /** Options of Node. */
  node?: string[];
  /** Another database than one of its own: where the service finds it. */
  url?: string;
  /** Whether `start` waits until it is ready. */
  isWaiting?: boolean;
}

/** The built service as a process in production, with a database and an issuer of its own. */
export class Lab {
  readonly processes = new Processes();
  /** All that the service has said, on both of its outputs. */
  output = '';
  port = 0;
  private child: ChildProcess | undefined;

  private constructor(
    readonly issuer: TestIssuer,
    /** Of the test server, also if the service has another one. */
    readonly database: TestDatabase,
    private readonly options: LabOptions,
    private readonly isSecond: boolean,
  ) {}

  /** @param shared a lab whose database and issuer this one has, too; it is to be stopped later */
  static async start(options: LabOptions = {}, shared?: Lab): Promise<Lab> {
    const { issuer, database } = shared ?? {
      issuer: await TestIssuer.start(),
      database: await createTestDatabase(),
    };
    const lab = new Lab(issuer, database, options, shared !== undefined);
    lab.port = await freePort();
    await (options.isWaiting === false ? lab.spawn() : lab.run());
    return lab;
  }

  /** Starts the service, the first time or again. */
  async run(): Promise<void> {
    await this.spawn();
    await eventually('the service is ready', () => this.isReady());
  }

  /** Starts it, and does not wait. */
  async spawn(): Promise<void> {
    const { env, node = [], url = this.database.url } = this.options;
    const { PATH = '' } = process.env;
    this.child = this.processes.start(process.execPath, [...node, resolve('dist/main.js')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(this.port) },
        ...{ DATABASE_URL: url, AUTH_ISSUER: this.issuer.url, LOG_LEVEL: 'warn' },
        ...{ AUTH_USER_AUDIENCE: USER_AUDIENCE, AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE },
        ...{ SECRETS_KEY: Buffer.alloc(32, 'prove').toString('base64') },
        ...GENEROUS_LIMITS,
        ...env?.(this.issuer.url),
      },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** Waits until the process is gone. */
  async ended(): Promise<void> {
    await eventually('the service has ended', async () => !this.isRunning);
  }

  /** Requests to the API with this token. */
  sender(token: string): Send {
    return (method, path, body) =>
      fetch(`http://127.0.0.1:${this.port}/api${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.port}/health/ready`)).ok;
  }

  async stop(): Promise<void> {
    await this.processes.stop();
    if (this.isSecond) return;
    await this.issuer.stop();
    await this.database.drop();
  }
}
