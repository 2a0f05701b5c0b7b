import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cpuOf, cpuOfTree } from './cpu.js';
import { HookReceiver, percentile } from './hook-receiver.js';
import { runLoad } from './run-load.js';
import { type Server, Servers } from './servers.js';

/**
 * `npm run bench:hooks -- [part …]`: whether webhooks and the feed keep up with writers.
 *
 * - `steady`: some hooks while users change at a steady rate;
 * - `backlog`: one hook, and what has waited for it;
 * - `feed`: an event stream while users change as fast as they can.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hooks: { type: 'string', default: '5' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '30' },
    users: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '32' },
  },
});
const [hooks, rate, seconds, users, connections] = [
  ...[values.hooks, values.rate, values.seconds, values.users, values.connections].map(Number),
] as [number, number, number, number, number];
const parts = positionals.length > 0 ? positionals : ['steady', 'backlog', 'feed'];
/** A user whose changes are looked for in the stream. */
const PROBE = 'u1';
/** Seconds that what is left may take to arrive. */
const PATIENCE = 20;

const servers = await Servers.start(users);

class Bench {
  constructor(
    private readonly service: Server,
    private readonly token: string,
  ) {}

  async steady(): Promise<void> {
    const receiver = await HookReceiver.start();
    const ids = await this.createHooks(receiver, hooks);
    // The first event makes the queue.
    await this.load(1, 10);
    await sleep(2_000);
    receiver.lags = [];
    const report = this.watch();
    const { requests } = await this.load(seconds, rate);
    const inTime = receiver.lags.length;
    const cpu = report();
    const expected = requests * hooks;
    const late = await this.arrive(receiver, expected);
    const { lags, disordered, repeated } = receiver;
    console.log(
      `steady: ${(requests / seconds).toFixed(0)} changes/s for ${hooks} hooks: ` +
        `${(inTime / seconds).toFixed(0)} deliveries/s, ${lags.length} of ${expected} arrived, ` +
        `the last ${(late / 1_000).toFixed(1)} s after the load; lag p50 ${percentile(lags, 50)} ms, ` +
        `p99 ${percentile(lags, 99)} ms; out of order ${disordered}, repeated ${repeated}; ${cpu}`,
    );
    await this.deleteHooks(ids);
    receiver.stop();
  }

  async backlog(): Promise<void> {
    const receiver = await HookReceiver.start();
    const ids = await this.createHooks(receiver, 1, false);
    const { requests } = await this.load(8);
    await sleep(2_500);
    const report = this.watch();
    const begin = performance.now();
    await this.call('PATCH', `/api/hooks/${ids[0]}`, { enabled: true });
    await this.arrive(receiver, requests);
    const took = (performance.now() - begin) / 1_000;
    const { lags, disordered, repeated } = receiver;
    console.log(
      `backlog: ${lags.length} of ${requests} arrived in ${took.toFixed(1)} s, ` +
        `${(lags.length / took).toFixed(0)} deliveries/s; out of order ${disordered}, ` +
        `repeated ${repeated}; ${report()}`,
    );
    await this.deleteHooks(ids);
    receiver.stop();
  }

  async feed(): Promise<void> {
    const last = (await this.call('GET', '/api/events?limit=1')).headers.get('last-sequence');
    /** Version of one user → when it came in the stream. */
    const seen = new Map<number, number>();
    const left = new AbortController();
    const reading = this.follow(last ?? '0', seen, left.signal);
    await this.load(2);
    const report = this.watch();
    const over = new AbortController();
    const loading = this.load(12).finally(() => {
      over.abort();
    });
    const answered = new Map<number, number>();
    while (!over.signal.aborted) {
      const answer = await this.call('PATCH', `/api/users/${PROBE}`, { name: `${Math.random()}` });
      answered.set(Number(answer.headers.get('etag')?.replaceAll('"', '')), Date.now());
      await sleep(50);
    }
    const { requests, p99 } = await loading;
    const cpu = report();
    await sleep(1_000);
    left.abort();
    await reading;
    const list = [...answered].map(([version, at]) =>
      Math.max(0, (seen.get(version) ?? Infinity) - at),
    );
    console.log(
      `feed: ${(requests / 12).toFixed(0)} changes/s (p99 ${p99} ms); from an answer to its event in ` +
        `the stream p50 ${percentile(list, 50)} ms, p99 ${percentile(list, 99)} ms, of ${list.length}; ${cpu}`,
    );
  }

  /** Reads the event stream, and notes when the versions of one user come. */
  private async follow(after: string, seen: Map<number, number>, signal: AbortSignal) {
    const url = `${this.service.url}/api/events?after=${after}`;
    const headers = { authorization: `Bearer ${this.token}`, accept: 'text/event-stream' };
    try {
      const answer = await fetch(url, { headers, signal });
      let rest = '';
      for await (const chunk of answer.body ?? []) {
        const now = Date.now();
        const blocks = (rest + Buffer.from(chunk).toString()).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks)
          if (block.includes(`"subject":"${PROBE}"`))
            seen.set(Number(/"version":(\d+)/.exec(block)?.[1]), now);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private load(duration: number, wanted?: number) {
    return runLoad({
      ...{ url: this.service.url, tokens: [this.token], operation: 'patch-name' },
      ...{ users, connections, seconds: duration },
      ...(wanted !== undefined && { rate: wanted }),
    });
  }

  /** Waits until as many arrived, and answers the milliseconds that it took. */
  private async arrive(receiver: HookReceiver, count: number): Promise<number> {
    const begin = performance.now();
    while (receiver.lags.length < count && performance.now() - begin < PATIENCE * 1_000)
      await sleep(20);
    return performance.now() - begin;
  }

  /** CPU from now on, in cores. */
  private watch(): () => string {
    const { pid } = this.service;
    const before = [performance.now(), cpuOf(pid), cpuOfTree(servers.postgresPid)] as const;
    return () => {
      const us = (performance.now() - before[0]) * 1_000;
      const cores = (now: number, then: number) => ((now - then) / us).toFixed(2);
      const own = cores(cpuOf(pid), before[1]);
      const postgres = cores(cpuOfTree(servers.postgresPid), before[2]);
      return `CPU of the service ${own}, of PostgreSQL ${postgres} cores`;
    };
  }

  private async createHooks(receiver: HookReceiver, count: number, enabled = true) {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const answer = await this.call('POST', '/api/hooks', { url: receiver.url(n), enabled });
      ids.push(((await answer.json()) as { id: string }).id);
    }
    return ids;
  }

  private async deleteHooks(ids: string[]): Promise<void> {
    for (const id of ids) await this.call('DELETE', `/api/hooks/${id}`);
  }

  private async call(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${this.service.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

try {
  const service = await servers.service({
    HOOKS_ALLOW_PRIVATE_TARGETS: 'on',
    SECRETS_KEY: Buffer.alloc(32, 'bench').toString('base64'),
  });
  const token = await servers.issuer.managementToken({ exp: Date.now() / 1000 + 36_000 });
  const bench = new Bench(service, token);
  if (parts.includes('steady')) await bench.steady();
  if (parts.includes('backlog')) await bench.backlog();
  if (parts.includes('feed')) await bench.feed();
} finally {
  await servers.stop();
}
