import { randomBytes } from 'node:crypto';
import { type Sent, Sender } from './sender.js';

/** What one caller does to a service, without a pause, for as long as the process runs. */
export interface Abuse {
  url: string;
  token: string;
  /** The last event's place in the feed. */
  last: string;
}

/** How many of it at a time, and what each of them sends again and again. */
interface Loop {
  atATime: number;
  sent: (worker: number) => Sent;
}

/** The caller leaves a connection that does nothing, or next to nothing. */
interface Slow {
  atATime: number;
  slow: true;
}

const user = (n: number) => `/api/users/u${n}`;
const anyUser = () => user(1 + Math.floor(Math.random() * 90_000));
const random = () => randomBytes(6).toString('hex');
/** No two are alike. */
function keys(count: number): Record<string, number> {
  const ending = random();
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}${ending}`, n]));
}
const search = (query: string) => ({ method: 'GET', path: `/api/users?${query}` });

/** A megabyte with 60,000 keys, made once. */
const LARGE = JSON.stringify({ customData: keys(60_000) });

/** A token as the service's own, but for the last bytes of its signature. */
const forged = (token: string) => {
  const [header, , signature = ''] = token.split('.');
  const claims = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  ) as object;
  const payload = Buffer.from(JSON.stringify({ ...claims, jti: random() })).toString('base64url');
  return `${header}.${payload}.${signature}`;
};

/** By the name that the table has for them. */
export const ABUSERS: Record<string, Loop | Slow | ((abuse: Abuse) => Loop)> = {
  // Tells how exact the others are.
  nobody: { atATime: 0, slow: true },
  '8 bodies of 1 MB with 60,000 keys': {
    atATime: 8,
    sent: (worker) => ({ method: 'PATCH', path: user(worker + 1), body: LARGE }),
  },
  '40 posix searches': {
    atATime: 40,
    sent: () =>
      search(`search.name=${encodeURIComponent(`.*[0-9a-f]+.*${random()}z`)}&mode.name=posix`),
  },
  '40 searches for %a%b%c%': {
    atATime: 40,
    sent: () => search(`search=${encodeURIComponent(`%a%b%c%${random().slice(8)}%`)}`),
  },
  '100 writers on one row': {
    atATime: 100,
    sent: () => ({ method: 'PATCH', path: user(3), body: JSON.stringify({ name: random() }) }),
  },
  '100 identities on one row': {
    atATime: 100,
    sent: (worker) => ({
      method: 'PUT',
      path: `${user(3)}/identities/t${worker}`,
      body: JSON.stringify({ userId: random() }),
    }),
  },
  '8 × customData with 2,800 new keys': {
    atATime: 8,
    sent: (worker) => ({
      method: 'PATCH',
      path: user(worker + 1),
      body: JSON.stringify({ customData: keys(2_800) }),
    }),
  },
  '200 × customData of 30 KB': {
    atATime: 200,
    sent: () => ({
      method: 'PATCH',
      path: anyUser(),
      body: JSON.stringify({ customData: keys(2_000) }),
    }),
  },
  '64 forged tokens at a time': ({ token }) => ({
    atATime: 64,
    sent: () => ({ method: 'GET', path: user(1), token: forged(token) }),
  }),
  '150 password checks': {
    atATime: 150,
    sent: (worker) => ({
      method: 'POST',
      path: `${user(worker + 1)}/password/verify`,
      body: JSON.stringify({ password: random() }),
    }),
  },
  '200 event streams': ({ last }) => ({
    atATime: 200,
    sent: () => ({
      method: 'GET',
      path: `/api/events?after=${last}`,
      headers: { accept: 'text/event-stream' },
    }),
  }),
  '300 long polls': ({ last }) => ({
    atATime: 300,
    sent: () => ({ method: 'GET', path: `/api/events?after=${last}&wait=30`, follows: true }),
  }),
  '200 reads': {
    atATime: 200,
    sent: () => ({ method: 'GET', path: anyUser() }),
  },
  '200 writes': {
    atATime: 200,
    sent: () => ({ method: 'PATCH', path: anyUser(), body: JSON.stringify({ name: random() }) }),
  },
  '200 writes with a key': {
    atATime: 200,
    sent: () => ({
      ...{ method: 'PATCH', path: anyUser(), body: JSON.stringify({ name: random() }) },
      headers: { 'idempotency-key': random() },
    }),
  },
  '200 refused writes': {
    atATime: 200,
    sent: () => ({ method: 'PATCH', path: anyUser(), body: JSON.stringify({ name: 1 }) }),
  },
  '200 creates': {
    atATime: 200,
    sent: () => ({ method: 'POST', path: '/api/users', body: JSON.stringify({ name: random() }) }),
  },
  '200 identities': {
    atATime: 200,
    sent: () => ({
      method: 'PUT',
      path: `${anyUser()}/identities/t`,
      body: JSON.stringify({ userId: random() }),
    }),
  },
  '200 pages of 100 users': { atATime: 200, sent: () => search('page_size=100') },
  '200 pages of large users': {
    atATime: 200,
    sent: () =>
      search(
        `page=${1 + Math.floor(Math.random() * 6)}&page_size=${Math.floor(Math.random() * 10) + 90}`,
      ),
  },
  // Whose pages are large, too, by now.
  '500 slow clients': { atATime: 500, slow: true },
  '200 pages far away': {
    atATime: 200,
    sent: () => search(`page=${900 + Math.floor(Math.random() * 90)}&page_size=100`),
  },
  '200 pages of 1,000 events': {
    atATime: 200,
    sent: () => ({ method: 'GET', path: '/api/events?after=0&limit=1000' }),
  },
  '200 histories': {
    atATime: 200,
    sent: () => ({ method: 'GET', path: `${user(3)}/events` }),
  },
  '64 new connections': {
    atATime: 64,
    sent: () => ({ method: 'GET', path: user(1), headers: { connection: 'close' } }),
  },
  '64 paths that are none': {
    atATime: 64,
    sent: () => ({ method: 'GET', path: `/none/${random()}` }),
  },
  '64 paths that no route could have': {
    atATime: 64,
    sent: () => ({ method: 'GET', path: '/%zz' }),
  },
  '64 public documents': {
    atATime: 64,
    sent: () => ({ method: 'GET', path: '/openapi.json' }),
  },
  'a row that another session holds': {
    atATime: 32,
    sent: () => ({ method: 'PATCH', path: user(3), body: JSON.stringify({ name: random() }) }),
  },
};

/** Does it for ever. */
export function abuse(name: string, given: Abuse): void {
  const kind = ABUSERS[name];
  if (!kind) throw new Error(`no abuser ${name}`);
  const { atATime, ...what } = typeof kind === 'function' ? kind(given) : kind;
  const sender = new Sender(given.url, given.token);
  for (let worker = 0; worker < atATime; worker += 1)
    if ('sent' in what) void sender.again(() => what.sent(worker));
    else sender.slowly(worker);
}
