import type { Operation } from './operations.js';
import { cursorAt, planOf } from './users.js';

const has = (n: number) => `"id":"u${n}"`;

/** A page of the list. Its user `n`, if one is always there, has its first id, user name and custom data. */
const list = (query: (n: number) => string, more: Partial<Operation> = {}): Operation => ({
  method: 'GET',
  path: (n) => `/api/users?${query(n)}`,
  has: () => '"id"',
  ...more,
});

const substring = list((n) => `search=%25ser${n}`, { has });

/** `GET /api/users`. Names of operations before them change e-mails and names, so these look for neither. */
export const LISTS: Record<string, Operation> = {
  'list-page-1': list(() => 'page=1', { bare: 'list-page-1' }),
  'list-page-1-no-count': list(() => 'page=1&count=none', { bare: 'list-page-1' }),
  'list-page-1-exact-count': list(() => 'page=1&count=exact', { bare: 'list-page-1' }),
  'list-cursor-step': list((n) => `cursor=${cursorAt(n)}`, { has, bare: 'list-page-1' }),
  'list-deep-page': list((n) => `page=${Math.ceil(n / 20)}`),
  'search-substring': substring,
  'search-substring-during-writes': { ...substring, beside: 'patch-name' },
  'search-substring-common': list(() => 'search=%25user%25'),
  'search-two-letters': list(() => 'search=%25ab%25'),
  'search-exact-username': list((n) => `search.username=USER${n}&mode.username=exact`, { has }),
  'search-exact-id': list((n) => `search.id=u${n}&mode.id=exact`, { has }),
  'search-posix': list((n) => `search.username=%5Euser${n}%24&mode.username=posix`, { has }),
  'search-similar-to': list((n) => `search.username=user(${n}|x)&mode.username=similar_to`, {
    has,
  }),
  'search-custom-data': list((n) => `customData.plan=${planOf(n)}`, {
    has: (n) => `"plan":"${planOf(n)}"`,
  }),
  'search-suspended': list(() => 'isSuspended=true', { has: () => '"isSuspended":true' }),
};
