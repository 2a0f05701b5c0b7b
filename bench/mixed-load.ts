import { text } from 'node:stream/consumers';
import autocannon from 'autocannon';
import type { Result } from './load.js';
import { type Operation, OPERATIONS } from './operations.js';

/** A tenant as the load sees it. */
export interface LoadedTenant {
  host: string;
  token: string;
  users: number;
}

/** What came of it. */
export interface MixedResult extends Result {
  /** Lists and searches that were told to come again: so many cannot run at a time. */
  refused: number;
}

/** What one run of a mixed load is, from its standard input. */
export interface MixedLoad {
  url: string;
  tenants: LoadedTenant[];
  connections: number;
  seconds: number;
  /** In place of the seconds: each tenant is asked as often as any other, one after the other. */
  requests?: number;
}

/** Of a hundred requests. */
const MIX: [share: number, operations: string[]][] = [
  [70, ['get']],
  [20, ['patch-name']],
  [5, ['list-page-1', 'search-substring']],
  [5, ['create', 'delete']],
];

interface Asked {
  operation: Operation;
  n: number;
  tenant: LoadedTenant;
}

const { url, tenants, connections, seconds, requests } = JSON.parse(
  await text(process.stdin),
) as MixedLoad;
/** Users that were made here, and are to be deleted. */
const made: { tenant: LoadedTenant; id: string }[] = [];
const below = (end: number) => Math.floor(Math.random() * end);
const one = <T>(list: T[]) => list[below(list.length)] as T;

const remove = (id: string): Operation => ({
  method: 'DELETE',
  path: () => `/api/users/${id}`,
  status: 204,
});

function next(): Asked {
  const tenant = requests ? (tenants[(turn += 1) % tenants.length] as LoadedTenant) : one(tenants);
  const n = 1 + below(tenant.users);
  let place = below(100);
  const names = MIX.find(([share]) => (place -= share) < 0)?.[1] ?? [];
  const name = one(names);
  const gone = name === 'delete' ? made.pop() : undefined;
  if (gone) return { operation: remove(gone.id), n, tenant: gone.tenant };
  return { operation: OPERATIONS[name === 'delete' ? 'create' : name] as Operation, n, tenant };
}

let turn = 0;
let refused = 0;
let wrong = 0;
let example: string | undefined;
const done = await autocannon({
  ...{ url, connections, ...(requests ? { amount: requests } : { duration: seconds }) },
  requests: [
    {
      setupRequest: (request, context) => {
        const asked = next();
        Object.assign(context, asked);
        const { operation, n, tenant } = asked;
        const json = operation.body && JSON.stringify(operation.body(n));
        return {
          ...{ ...request, method: operation.method, path: operation.path(n) },
          headers: {
            ...{ host: tenant.host, authorization: `Bearer ${tenant.token}` },
            ...(json && { 'content-type': 'application/json' }),
          },
          ...(json && { body: json }),
        };
      },
      onResponse: (answered, answer, context) => {
        const { operation, n, tenant } = context as unknown as Asked;
        const { status = 200, has, method } = operation;
        const id = method === 'POST' && /"id":"([^"]+)"/.exec(answer)?.[1];
        if (id) made.push({ tenant, id });
        if (answered === status && (!has || answer.includes(has(n)))) return;
        if (answered === 503 && operation.path(n).startsWith('/api/users?')) {
          refused += 1;
          return;
        }
        wrong += 1;
        example ??= `${method} ${answered} ${answer.slice(0, 200)}`;
      },
    },
  ],
});
const result: MixedResult = {
  ...{ requests: done.requests.total, seconds: done.duration },
  ...{ p50: done.latency.p50, p99: done.latency.p99, right99: NaN },
  ...{ wrong: wrong + done.errors, example, refused },
};
console.log(JSON.stringify(result));
