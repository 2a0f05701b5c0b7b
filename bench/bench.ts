import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuOf, cpuOfTree, residentMiB } from './cpu.js';
import type { Load, Result } from './load.js';
import { OPERATIONS, userId } from './operations.js';
import { probe } from './probe.js';
import { type Server, Servers } from './servers.js';

/**
 * `npm run bench -- [operation …]`: requests of the service as it is shipped, in turn with the same of
 * the bare server, over several rounds. Its table has medians; ratios are of one run, so that what
 * else the machine does meets both.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    users: { type: 'string', default: '200000' },
    connections: { type: 'string', default: '32' },
    tokens: { type: 'string', default: '10000' },
  },
});
const figure = (name: keyof typeof values) => Number(values[name]);
const [seconds, rounds, users] = [figure('seconds'), figure('rounds'), figure('users')];
const [connections, fresh] = [figure('connections'), figure('tokens')];
const names = positionals.length > 0 ? positionals : Object.keys(OPERATIONS);
for (const name of names) if (!OPERATIONS[name]) throw new Error(`no operation ${name}`);

/** One measurement. CPU is in microseconds a request. */
interface Measured {
  rate: number;
  p50: number;
  p99: number;
  cpu: number;
  postgresCpu: number;
  /** Milliseconds of `/health/live` meanwhile; NaN of the bare server, which has none. */
  live50: number;
  live99: number;
}

const servers = await Servers.start(users);
try {
  await bench();
} finally {
  await servers.stop();
}

async function bench(): Promise<void> {
  const service = await servers.service();
  const bare = await servers.bare();
  const token = await servers.issuer.managementToken({ exp: Date.now() / 1000 + 36_000 });
  const idle = residentMiB(service.pid);
  const measured = new Map<string, Measured[]>();
  const wanted = names.flatMap((name) => {
    const own = OPERATIONS[name]?.bare;
    return own ? [`bare ${own}`, name] : [name];
  });
  for (let round = 0; round <= rounds; round += 1)
    for (const name of new Set(wanted)) {
      const isBare = name.startsWith('bare ');
      const operation = isBare ? name.slice(5) : name;
      const one = await measure(isBare ? bare : service, operation, token);
      // The first round warms up.
      if (round > 0) measured.set(name, [...(measured.get(name) ?? []), one]);
    }
  print(measured);
  console.log(
    `\nMemory of the service: ${idle} MiB idle, ${residentMiB(service.pid)} MiB after it.`,
  );
}

async function measure(server: Server, operation: string, token: string): Promise<Measured> {
  const { userTokens } = OPERATIONS[operation] ?? {};
  const tokens = userTokens ? await userTokensOf(userTokens === 'one' ? 1 : fresh) : [token];
  const before = [cpuOf(server.pid), cpuOfTree(servers.postgresPid)] as const;
  const live = probe(`${server.url}/health/live`);
  const done = await run({ url: server.url, operation, tokens, users, connections, seconds });
  const { requests, p50, p99, wrong, example } = done;
  const [live50, live99] = await live.stop();
  if (wrong > 0) throw new Error(`${operation}: ${wrong} answers are wrong, such as ${example}`);
  const each = (now: number, then: number) => (now - then) / requests;
  return {
    rate: requests / done.seconds,
    p50,
    p99,
    cpu: each(cpuOf(server.pid), before[0]),
    postgresCpu: each(cpuOfTree(servers.postgresPid), before[1]),
    live50,
    live99,
  };
}

/** Tokens that the service has never seen, since each has an id of its own. */
function userTokensOf(count: number): Promise<string[]> {
  const sign = (_: unknown, n: number) =>
    servers.issuer.userToken(userId(1 + (n % users)), { jti: randomUUID() });
  return Promise.all(Array.from({ length: count }, sign));
}

/** The load has a process of its own, so that its work is not taken for a server's. */
async function run(load: Load): Promise<Result> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', 'tsx', resolve('bench/load.ts')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { NODE_ENV: 'production' },
    },
  );
  child.stdin.end(JSON.stringify(load));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`the load of ${load.operation} has failed`);
  return JSON.parse(output) as Result;
}

function print(measured: Map<string, Measured[]>): void {
  const medians = new Map([...measured].map(([name, list]) => [name, median(list)]));
  console.log(
    '| operation | req/s | p50 ms | p99 ms | CPU µs | of PostgreSQL µs | live p50 ms | live p99 ms | to the bare server |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, { rate, p50, p99, cpu, postgresCpu, live50, live99 }] of medians) {
    const bare = medians.get(`bare ${OPERATIONS[name]?.bare ?? ''}`);
    const ratio = bare ? `×${(rate / bare.rate).toFixed(2)}` : '';
    const figures = [rate, p50, p99, cpu, postgresCpu].map((figure) => figure.toFixed(0));
    const live = [live50, live99].map((ms) => (Number.isNaN(ms) ? '' : ms.toFixed(1)));
    console.log(`| ${[name, ...figures, ...live, ratio].join(' | ')} |`);
  }
}

function median(list: Measured[]): Measured {
  const of = (key: keyof Measured) =>
    list.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  return {
    rate: of('rate'),
    p50: of('p50'),
    p99: of('p99'),
    cpu: of('cpu'),
    postgresCpu: of('postgresCpu'),
    live50: of('live50'),
    live99: of('live99'),
  };
}
