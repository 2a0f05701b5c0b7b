import { randomUUID } from 'node:crypto';

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
  /** A user's token in place of a management client's: one, or another one with each request. */
  userTokens?: 'one' | 'fresh';
  /** Of the bare server, if it has the same. */
  bare?: 'get' | 'patch-name';
}

export const userId = (n: number) => `u${n}`;

const user = (n: number) => `/api/users/${userId(n)}`;
const isUser = (n: number) => `"id":"${userId(n)}"`;
const anyUser = () => '"id":"u';
const random = () => Math.random().toString(36).slice(2);

/** By the name that the command line and the table have for them. */
export const OPERATIONS: Record<string, Operation> = {
  get: { method: 'GET', path: user, has: isUser, bare: 'get' },
  'patch-name': {
    method: 'PATCH',
    path: user,
    body: () => ({ name: `Name ${random()}` }),
    has: isUser,
    bare: 'patch-name',
  },
  'patch-email': {
    method: 'PATCH',
    path: user,
    body: () => ({ primaryEmail: `${randomUUID()}@example.com` }),
    has: isUser,
    bare: 'patch-name',
  },
  'patch-custom-data': {
    method: 'PATCH',
    path: (n) => `${user(n)}/custom-data`,
    body: () => ({ customData: { visits: Math.floor(Math.random() * 1e6) } }),
    has: () => '"visits"',
    bare: 'patch-name',
  },
  'sign-in': {
    method: 'PATCH',
    path: (n) => `${user(n)}/sign-in`,
    body: () => ({ lastSignInAt: Date.now() - Math.floor(Math.random() * 1e9) }),
    has: isUser,
    bare: 'patch-name',
  },
  'put-identity': {
    method: 'PUT',
    path: (n) => `${user(n)}/identities/${random()}`,
    body: () => ({ userId: randomUUID() }),
    status: 201,
    bare: 'patch-name',
  },
  create: {
    method: 'POST',
    path: () => '/api/users',
    body: () => ({ name: 'New', primaryEmail: `${randomUUID()}@example.com` }),
    status: 201,
    bare: 'patch-name',
  },
  'patch-name with a key': {
    method: 'PATCH',
    path: user,
    body: () => ({ name: `Name ${random()}` }),
    headers: () => ({ 'idempotency-key': randomUUID() }),
    has: isUser,
    bare: 'patch-name',
  },
  'refused: 400': { method: 'PATCH', path: user, body: () => ({ name: 5 }), status: 400 },
  'refused: 401': {
    method: 'PATCH',
    path: user,
    body: () => ({ name: 'x' }),
    headers: () => ({ authorization: `Bearer ${random()}` }),
    status: 401,
  },
  'refused: 412': {
    method: 'PATCH',
    path: user,
    body: () => ({ name: 'x' }),
    headers: () => ({ 'if-match': '"0"' }),
    status: 412,
  },
  'refused: 422': {
    method: 'PATCH',
    path: user,
    body: (n) => ({ username: `user${(n % 1_000) + 1}` }),
    status: 422,
  },
  'list, first page': { method: 'GET', path: () => '/api/users', has: () => '"id"' },
  'list, by cursor': { method: 'GET', path: () => '/api/users?cursor=', has: () => '"id"' },
  'list, deep': { method: 'GET', path: (n) => `/api/users?page=${n % 5_000}`, has: () => '[' },
  'search, substring': {
    method: 'GET',
    path: (n) => `/api/users?search=%25ser${n}%40%25`,
    has: isUser,
  },
  'profile, one token': {
    method: 'GET',
    path: () => '/api/profile',
    has: anyUser,
    userTokens: 'one',
  },
  'profile, fresh tokens': {
    method: 'GET',
    path: () => '/api/profile',
    has: anyUser,
    userTokens: 'fresh',
  },
  live: { method: 'GET', path: () => '/health/live', has: () => 'ok' },
};
