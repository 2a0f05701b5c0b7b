import { exchange } from '../exchange.js';
import type { Lab } from '../lab.js';
import type { Command } from './commands.js';
import { type Request, sorted } from './reference.js';

/** A command, and how it was answered. */
export interface Done extends Request {
  id: string;
  client: number;
  start: number;
  end: number;
  status: number;
  /** As `ETag`. */
  etag: number | undefined;
  /** In the form of the reference; of a refusal nothing. */
  seen: unknown;
}

export interface Stage {
  /** Instances that share a database; clients take turns. */
  labs: Lab[];
  token: string;
  /** Of the users themselves. */
  ownTokens: string[];
  /** In front of every id, and in every value. */
  prefix: string;
}

export const userId = ({ prefix }: Stage, user: number) => `${prefix}u${user}`;

/** Plays all scripts at the same time. */
export async function play(stage: Stage, scripts: Command[][]): Promise<Done[]> {
  const all = await Promise.all(
    scripts.map(async (script, client) => {
      const seen = new Map<number, number>();
      const done: Done[] = [];
      for (const [n, command] of script.entries())
        done.push(await run(stage, command, client, `${client}-${n}`, seen));
      return done;
    }),
  );
  return all.flat();
}

async function run(
  stage: Stage,
  command: Command,
  client: number,
  place: string,
  seen: Map<number, number>,
): Promise<Done> {
  const { labs, prefix, token, ownTokens } = stage;
  const last = seen.get(command.user);
  const wanted = 'ifMatch' in command ? command.ifMatch : 'any';
  const version =
    last === undefined || wanted === 'any' ? undefined : last - Number(wanted === 'past');
  const request = { command, value: `${prefix}${place}`, version };
  const [method, path, body] = wire(request, stage);
  const isMerge = command.kind === 'drop';
  const bearer = command.kind === 'own' ? ownTokens[command.user] : token;
  const start = performance.now();
  const answer = await exchange(labs[client % labs.length]?.port ?? 0, {
    ...{ method, path: `/api${path}` },
    body: body && Buffer.from(JSON.stringify(body)),
    headers: [
      ...pairs({
        host: 'localhost',
        'x-request-id': request.value,
        authorization: `Bearer ${bearer}`,
        ...(version !== undefined && { 'if-match': `"${version}"` }),
        ...(body && {
          'content-type': isMerge ? 'application/merge-patch+json' : 'application/json',
        }),
      }),
    ],
  });
  const end = performance.now();
  const tag = answer.headers.etag?.replaceAll('"', '');
  const etag = tag === undefined ? undefined : Number(tag);
  if (etag !== undefined) seen.set(command.user, etag);
  const id = userId(stage, command.user);
  const text = answer.body.toString();
  return {
    ...request,
    ...{ id, client, start, end, etag },
    ...outcome(command, id, answer.status, text),
  };
}

const pairs = (headers: Record<string, string>) => Object.entries(headers);

function wire(
  { command, value }: Request,
  stage: Stage,
): [method: string, path: string, body?: object] {
  const id = userId(stage, command.user);
  const url = `/users/${id}`;
  switch (command.kind) {
    case 'create':
      return ['POST', '/users', { id, name: value }];
    case 'patch':
      return ['PATCH', url, { name: value }];
    case 'own':
      return ['PATCH', '/profile', { name: value }];
    case 'merge':
      return ['PATCH', `${url}/custom-data`, { customData: { [command.key]: value } }];
    case 'drop':
      return ['PATCH', `${url}/custom-data`, { [command.key]: null }];
    case 'claim':
      return ['PATCH', `${url}/profile`, { profile: { nickname: value } }];
    case 'link':
      return ['PUT', `${url}/identities/${command.target}`, { userId: value }];
    case 'unlink':
      return ['DELETE', `${url}/identities/${command.target}`];
    case 'suspend':
      return ['PATCH', `${url}/is-suspended`, { isSuspended: command.isSuspended }];
    case 'password':
      return ['PATCH', `${url}/password`, { password: `${value}-Correct-horse` }];
    case 'delete':
      return ['DELETE', url];
    case 'read':
      return ['GET', url];
    case 'list':
      return ['GET', `/users?page_size=100&search.id=${stage.prefix}%25`];
  }
}

/** A list is as a read of the one user: 404 when it is not in it. */
function outcome({ kind }: Command, id: string, status: number, text: string) {
  if (status >= 300 || text === '') return { status, seen: undefined };
  const body = JSON.parse(text);
  if (kind === 'list') {
    const user = (body as { id: string }[]).find((one) => one.id === id);
    return user ? { status, seen: toFields(user) } : { status: 404, seen: undefined };
  }
  if (kind === 'merge' || kind === 'drop') return { status, seen: sorted(body) };
  if (kind === 'claim') return { status, seen: { nickname: body.nickname } };
  if (kind === 'link') return { status, seen: toIdentities(body) };
  return { status, seen: toFields(body) };
}

const toFields = (user: any) => ({
  ...{ name: user.name, customData: sorted(user.customData), nickname: user.profile.nickname },
  ...{ identities: toIdentities(user.identities), isSuspended: user.isSuspended },
  hasPassword: user.hasPassword,
});

const toIdentities = (identities: Record<string, { userId: string }>) =>
  sorted(Object.fromEntries(Object.entries(identities).map(([name, one]) => [name, one.userId])));
