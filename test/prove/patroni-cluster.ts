import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../src/database/loopback-port.js';
import { postgresAccount } from '../../src/database/postgres-binaries.js';
import { eventually, findPrograms, killTree, Processes } from './programs.js';

/** Seconds; Patroni's own defaults are 30, 10 and 10. */
export const TIMES = { ttl: 20, loop_wait: 5, retry_timeout: 5 };

interface Node {
  name: string;
  postgres: number;
  rest: number;
  pid: number;
}

const HOST = '127.0.0.1';

/** etcd, three nodes of Patroni and HAProxy in a temporary folder, on free ports of the loopback. */
export class PatroniCluster {
  private readonly account = postgresAccount();
  private readonly bin = findPrograms();
  private readonly processes = new Processes();
  private readonly folder = this.makeFolder(mkdtempSync(join(tmpdir(), 'nameplate-prove-')));
  readonly nodes: Node[] = [];
  /** Where HAProxy leads to the primary. */
  port = 0;

  async start(isSynchronous: boolean): Promise<void> {
    const etcd = await this.startEtcd();
    for (let n = 1; n <= 3; n += 1) await this.startNode(`node${n}`, etcd, isSynchronous);
    await eventually('three nodes that replicate', async () => {
      const members = await this.members();
      const followers = members.filter(({ state }) => state === 'streaming' || state === 'running');
      const hasStandby = !isSynchronous || members.some(({ role }) => role === 'sync_standby');
      return followers.length === 3 && members.some(isLeader) && hasStandby;
    });
    await this.startProxy();
  }

  /** The processes of the primary are gone from one moment to the next. */
  async killPrimary(): Promise<void> {
    const leader = (await this.members()).find(isLeader);
    const node = this.nodes.find(({ name }) => name === leader?.name);
    if (!node) throw new Error('there is no primary');
    const postmaster = readFileSync(join(this.folder, node.name, 'data', 'postmaster.pid'), 'utf8');
    // Not a child of it once Patroni is gone.
    killTree(node.pid);
    killTree(Number(postmaster.split('\n')[0]));
  }

  async stop(): Promise<void> {
    await this.processes.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async members(): Promise<{ name: string; role: string; state: string }[]> {
    for (const { rest } of this.nodes)
      try {
        const answer = await fetch(`http://${HOST}:${rest}/cluster`);
        return ((await answer.json()) as { members: [] }).members;
      } catch {
        continue;
      }
    return [];
  }

  private async startEtcd(): Promise<number> {
    const [client, peer] = [await freePort(), await freePort()];
    const [clients, peers] = [`http://${HOST}:${client}`, `http://${HOST}:${peer}`];
    const options = {
      ...{ name: 'one', 'data-dir': this.makeFolder(join(this.folder, 'etcd')) },
      ...{ 'listen-client-urls': clients, 'advertise-client-urls': clients },
      ...{ 'listen-peer-urls': peers, 'initial-advertise-peer-urls': peers },
      'initial-cluster': `one=${peers}`,
    };
    this.run(
      'etcd',
      Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    );
    await eventually('etcd', async () => (await fetch(`${clients}/health`)).ok);
    return client;
  }

  private async startNode(name: string, etcd: number, isSynchronous: boolean): Promise<void> {
    const folder = this.makeFolder(join(this.folder, name));
    const [postgres, rest] = [await freePort(), await freePort()];
    const login = (username: string) => ({ username, password: 'secret' });
    const config = {
      ...{ scope: 'prove', name, etcd3: { host: `${HOST}:${etcd}` } },
      restapi: { listen: `${HOST}:${rest}`, connect_address: `${HOST}:${rest}` },
      bootstrap: {
        dcs: {
          ...TIMES,
          synchronous_mode: isSynchronous,
          // Bytes that a standby may lack; 1 MB by default.
          maximum_lag_on_failover: 100_000_000,
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
      },
      postgresql: {
        ...{ listen: `${HOST}:${postgres}`, connect_address: `${HOST}:${postgres}` },
        ...{ data_dir: join(folder, 'data'), bin_dir: this.bin, pgpass: join(folder, 'pgpass') },
        authentication: { superuser: login('postgres'), replication: login('replicator') },
        pg_hba: [`host all all ${HOST}/32 md5`, `host replication all ${HOST}/32 md5`],
        parameters: { unix_socket_directories: folder, max_connections: 100 },
      },
    };
    // JSON is YAML.
    const file = join(folder, 'patroni.yml');
    writeFileSync(file, JSON.stringify(config), { mode: 0o644 });
    const child = this.run('patroni', [file]);
    this.nodes.push({ name, postgres, rest, pid: child.pid ?? 0 });
    await eventually(`${name} runs`, async () => (await fetch(`http://${HOST}:${rest}/health`)).ok);
  }

  private async startProxy(): Promise<void> {
    this.port = await freePort();
    const file = join(this.folder, 'haproxy.cfg');
    const servers = this.nodes.map(
      ({ name, postgres, rest }) => `  server ${name} ${HOST}:${postgres} check port ${rest}`,
    );
    writeFileSync(
      file,
      `defaults
  mode tcp
  timeout connect 2s
  timeout client 30m
  timeout server 30m
listen primary
  bind ${HOST}:${this.port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}
`,
      { mode: 0o644 },
    );
    this.run('haproxy', ['-db', '-f', file]);
    const url = `postgres://postgres:secret@${HOST}:${this.port}/postgres`;
    await eventually('HAProxy leads to the primary', async () => {
      const client = new Client(url);
      await client.connect();
      await client.end();
      return true;
    });
  }

  private run(program: string, args: string[]) {
    const env = { PATH: process.env['PATH'], HOME: this.folder, LC_ALL: 'C.UTF-8' };
    return this.processes.start(program, args, { ...this.account, cwd: this.folder, env });
  }

  /** PostgreSQL does not run as root, and its account must own what it writes. */
  private makeFolder(folder: string): string {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (this.account) chownSync(folder, this.account.uid, this.account.gid);
    return folder;
  }
}

const isLeader = ({ role }: { role: string }) => role === 'leader' || role === 'master';
