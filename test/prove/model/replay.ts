import { isDeepStrictEqual } from 'node:util';
import type { FeedEvent } from '../load.js';

/** Of a user that has just been made, where it is not null. */
const BLANK = {
  ...{ username: null, primaryEmail: null, primaryPhone: null, name: null, avatar: null },
  ...{ customData: {}, identities: {}, lastSignInAt: null, profile: {}, applicationId: null },
  ...{ isSuspended: false, hasPassword: false, ssoIdentities: [] },
};

/** The users that there must be after these events, from nothing but them. */
export function replayed(events: FeedEvent[]): Map<string, Record<string, unknown>> {
  const users = new Map<string, Record<string, unknown>>();
  for (const { type, subject, data } of events) {
    if (type === 'User.Created') users.set(subject, { id: subject, ...structuredClone(BLANK) });
    if (type === 'User.Deleted') users.delete(subject);
    const user = users.get(subject);
    for (const change of data.changes ?? []) if (user) apply(user, change);
  }
  return users;
}

/** What is at the pointer (RFC 6901) becomes what the change says. */
function apply(user: Record<string, unknown>, change: { pointer: string; new?: unknown }): void {
  const names = change.pointer.split('/').slice(1).map(unescaped);
  const last = names.pop() ?? '';
  // Of a password there is no value.
  if (names.length === 0 && last === 'password') return;
  let at = user;
  for (const name of names) at = at[name] as Record<string, unknown>;
  if ('new' in change) at[last] = change.new;
  else Reflect.deleteProperty(at, last);
}

const unescaped = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~');

/** How a user as the API has it differs from what the feed says. */
export function difference(
  user: any,
  own: Record<string, unknown> | undefined,
): string | undefined {
  const { updatedAt: _, ...fields } = user ?? {};
  if (isDeepStrictEqual(user && fields, own)) return undefined;
  return `the feed says ${JSON.stringify(own)}, the API ${JSON.stringify(user)}`;
}
