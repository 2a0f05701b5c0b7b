import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { LISTS } from './lists.js';

/** One kind of request, and how its answer is known to be right. */
export interface Operation {
  method: 'GET' | 'PATCH' | 'POST' | 'PUT' | 'DELETE';
  /** @param n a number of a user, 1 to as many as there are */
  path: (n: number) => string;
  body?: (n: number) => object;
  headers?: () => Record<string, string>;
  /** 200 if left out. */
  status?: number;
  /** What an answer must contain, of the user `n`; nothing if left out. */
  has?: (n: number) => string;
  /** The operation of the bare server that it is compared with: the same, or of the same kind. */
  bare?: 'get' | 'patch-name' | 'create' | 'delete' | 'list-page-1';
  /** Of one user, or another user's with each request, in place of a management client's. */
  tokens?: 'one user' | 'fresh';
  /** Each number once, from 1 on, in place of random ones. */
  inTurn?: true;
  /** What the database needs before each measurement. */
  prepare?: (client: Client, seconds: number) => Promise<unknown>;
  /** Another operation, which a quarter as many connections do at the same time. */
  beside?: string;
}

export const userId = (n: number) => `u${n}`;

const user = (n: number) => `/api/users/${userId(n)}`;
const isUser = (n: number) => `"id":"${userId(n)}"`;
const random = () => Math.random().toString(36).slice(2);

const patchName: Operation = {
  method: 'PATCH',
  path: user,
  body: () => ({ name: `Name ${random()}` }),
  has: isUser,
  bare: 'patch-name',
};

/** What nothing but a rule refuses; beside the bare server doing it. */
const refused = (status: number, more: Partial<Operation>): Operation => ({
  ...patchName,
  status,
  has: () => '"code"',
  ...more,
});

/** Users who read themselves. */
const profile = (tokens: Operation['tokens'] & string): Operation => ({
  method: 'GET',
  path: () => '/api/profile',
  has: () => '"id":"u',
  tokens,
});

/** More of those that `delete` deletes than any server can, in an order that is not the one on disk. */
const addDeletable = (client: Client, seconds: number) =>
  client.query(
    // An id's versions go on where they were: their events have them as a key.
    `INSERT INTO users (tenant_id, id, name, version)
     SELECT 'default', 'd' || n, 'Name ' || n, coalesce(deleted.version, 0) + 1
     FROM generate_series(1, $1) n
     LEFT JOIN deleted_users deleted ON deleted.tenant_id = 'default' AND deleted.id = 'd' || n
     ORDER BY random() ON CONFLICT DO NOTHING`,
    [10_000 * seconds],
  );

/** By the name that the command line and the table have for them. */
export const OPERATIONS: Record<string, Operation> = {
  get: { method: 'GET', path: user, has: isUser, bare: 'get' },
  'get-not-modified': {
    method: 'GET',
    path: user,
    headers: () => ({ 'if-none-match': '*' }),
    status: 304,
    bare: 'get',
  },
  'patch-name': patchName,
  'patch-email': { ...patchName, body: () => ({ primaryEmail: `${randomUUID()}@example.com` }) },
  'patch-custom-data': {
    ...patchName,
    path: (n) => `${user(n)}/custom-data`,
    body: () => ({ customData: { visits: Math.floor(Math.random() * 1e6) } }),
    has: () => '"visits"',
  },
  'patch-sign-in': {
    ...patchName,
    path: (n) => `${user(n)}/sign-in`,
    body: () => ({ lastSignInAt: Date.now() - Math.floor(Math.random() * 1e9) }),
  },
  'patch-keyed': { ...patchName, headers: () => ({ 'idempotency-key': randomUUID() }) },
  'put-identity': {
    ...patchName,
    method: 'PUT',
    path: (n) => `${user(n)}/identities/${random()}`,
    body: () => ({ userId: randomUUID() }),
    status: 201,
    has: () => '"userId"',
  },
  'refused-400': refused(400, { body: () => ({ name: 5 }) }),
  'refused-401': refused(401, { headers: () => ({ authorization: `Bearer ${random()}` }) }),
  'refused-412': refused(412, { headers: () => ({ 'if-match': '"0"' }) }),
  'refused-422': refused(422, { body: (n) => ({ username: `user${(n % 1_000) + 1}` }) }),
  create: {
    method: 'POST',
    path: () => '/api/users',
    body: () => ({ name: 'New', primaryEmail: `${randomUUID()}@example.com` }),
    status: 201,
    has: () => '"id"',
    bare: 'create',
  },
  delete: {
    method: 'DELETE',
    path: (n) => `/api/users/d${n}`,
    status: 204,
    bare: 'delete',
    inTurn: true,
    prepare: addDeletable,
  },
  ...LISTS,
  'profile-one-token': profile('one user'),
  'profile-fresh-tokens': profile('fresh'),
  live: { method: 'GET', path: () => '/health/live', has: () => 'ok' },
};

/** Of a name, the operation; or, of the beginning of names such as `refused` or `list`, all of them. */
export function operationsOf(names: string[]): string[] {
  const all = Object.keys(OPERATIONS);
  if (names.length === 0) return all;
  return names.flatMap((name) => {
    if (OPERATIONS[name]) return [name];
    const some = all.filter((one) => one.startsWith(`${name}-`));
    if (some.length === 0) throw new Error(`no operation ${name}; there are ${all.join(', ')}`);
    return some;
  });
}
