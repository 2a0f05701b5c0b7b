import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, cpuOfTree, residentMiB } from './cpu.js';
import type { Result } from './load.js';
import { OPERATIONS, userId } from './operations.js';
import { probe } from './probe.js';
import { runLoad } from './run-load.js';
import type { Server, Servers } from './servers.js';
import { SUSPENDED_EACH } from './users.js';

/** One measurement, or the medians of several. CPU is in microseconds a request, latency in milliseconds. */
export interface Measured {
  rate: number;
  p50: number;
  p99: number;
  /** Not known of an operation beside which another one runs. */
  cpu: number;
  postgresCpu: number;
  /** The most that the server had resident during it. */
  mebibytes: number;
  /** 99th percentile of `/health/live` meanwhile, on a connection of its own, where tokens are fresh or one user's. */
  live99: number;
}

export interface Settings {
  users: number;
  connections: number;
  seconds: number;
  /** Distinct tokens of an operation that has fresh ones; 10,000 if left out. */
  tokens?: number;
}

/** Whose database and tokens the load is made for. */
type Measurable = Pick<Servers, 'client' | 'issuer' | 'postgresPid'>;

/** Loads one server with one operation, and checks every answer. */
export async function measure(
  servers: Measurable,
  server: Server,
  operation: string,
  settings: Settings,
): Promise<Measured> {
  const { beside, prepare, tokens: kind } = OPERATIONS[operation] ?? {};
  const { users, connections, seconds } = settings;
  await prepare?.(servers.client, seconds);
  const tokens = kind
    ? await userTokens(servers, users, kind === 'fresh' ? (settings.tokens ?? 10_000) : 1)
    : [await servers.issuer.managementToken({ exp: Date.now() / 1000 + 36_000 })];
  const once = kind === 'fresh' && { amount: tokens.length };
  const load = { url: server.url, operation, tokens, users, connections, seconds, ...once };
  const before = [cpuOf(server.pid), cpuOfTree(servers.postgresPid)] as const;
  const memory = watchMemory(server.pid);
  const live = kind && probe(`${server.url}/health/live`);
  const loads = [runLoad(load)];
  if (beside)
    loads.push(runLoad({ ...load, operation: beside, connections: Math.ceil(connections / 4) }));
  let live99 = NaN;
  const [result] = await Promise.all(loads).finally(async () => {
    memory.stop();
    if (live) live99 = await live.stop();
  });
  const { requests, p50, p99 } = result as Result;
  const each = (now: number, then: number) => (beside ? NaN : (now - then) / requests);
  return {
    rate: requests / (result as Result).seconds,
    p50,
    p99,
    cpu: each(cpuOf(server.pid), before[0]),
    postgresCpu: each(cpuOfTree(servers.postgresPid), before[1]),
    mebibytes: memory.most(),
    live99,
  };
}

/** Tokens that the service has never seen, since each has an id of its own. */
function userTokens(servers: Measurable, users: number, count: number): Promise<string[]> {
  const sign = (_: unknown, at: number) => {
    const n = 1 + (at % users);
    // The suspended are refused.
    const id = userId(n % SUSPENDED_EACH === 0 ? n - 1 : n);
    return servers.issuer.userToken(id, { jti: randomUUID() });
  };
  return Promise.all(Array.from({ length: count }, sign));
}

export function watchMemory(pid: number) {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, residentMiB(pid))), 100);
  return { most: () => most, stop: () => clearInterval(timer) };
}

/** How the service starts: medians of several. */
export interface Started {
  readyAfter: number;
  idleMebibytes: number;
}

/** Starts the service, and leaves it alone for six seconds. */
export async function measureStart(servers: Servers): Promise<Started> {
  const service = await servers.service();
  await sleep(6_000);
  const idleMebibytes = residentMiB(service.pid);
  await service.stop();
  return { readyAfter: service.readyAfter, idleMebibytes };
}

/** The median of each figure. */
export function median<T extends object>(list: T[]): T {
  const keys = Object.keys(list[0] ?? {}) as (keyof T)[];
  return Object.fromEntries(
    keys.map((key) => [key, middle(list.map((one) => Number(one[key])))]),
  ) as T;
}

export const middle = (list: number[]) =>
  list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
