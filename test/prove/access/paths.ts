import { OPERATIONS } from '../fuzz/operations.js';
import type { Row, Settings } from '../part.js';
import { enough } from '../some.js';
import { BROKEN, pathOf, type World } from './world.js';

const encoded = (text: string) =>
  `%${text.charCodeAt(0).toString(16).padStart(2, '0')}${text.slice(1)}`;

/** Other ways to write a path, each of which has led past a guard somewhere. */
const WAYS: Record<string, (path: string) => string> = {
  'as it is': (path) => path,
  'slash doubled in front': (path) => `/${path}`,
  'slashes doubled': (path) => path.replaceAll('/', '//'),
  'slash doubled inside': (path) => path.replace('/api/', '/api//'),
  'slash at the end': (path) => `${path}/`,
  'two slashes at the end': (path) => `${path}//`,
  'upper case': (path) => path.toUpperCase(),
  'a capital': (path) => path.replace('/api', '/Api'),
  'letters encoded': (path) => path.replace(/[a-z]+$/, encoded),
  'api encoded': (path) => path.replace('/api', '/%61pi'),
  'encoded twice': (path) => path.replace('/api', '/%2561pi'),
  'slashes encoded': (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  'slash encoded inside': (path) => path.replace('/api/', '/api%2F'),
  backslashes: (path) => path.replace('/api/', '/api\\'),
  'dot segments': (path) => path.replace('/api/', '/api/./'),
  'dots encoded': (path) => path.replace('/api/', '/api/%2e/'),
  'back and forth': (path) => `/health/live/../..${path}`,
  'back and forth, encoded': (path) => `/health/live/%2e%2e/%2e%2e${path}`,
  'back and forth in one segment': (path) => `/health/live%2f..%2f..${path}`,
  'out of the documentation': (path) => `/docs/..${path}`,
  'out of the documentation, encoded': (path) => `/docs/%2e%2e%2f..${path}`,
  'a matrix parameter': (path) => `${path};a=b`,
  'a matrix parameter inside': (path) => path.replace('/api', '/api;a=b'),
  'an empty query': (path) => `${path}?`,
  'a query that looks public': (path) => `${path}?/health/live`,
  'NUL at the end': (path) => `${path}%00`,
  'a line break at the end': (path) => `${path}%0d%0a`,
  'a blank at the end': (path) => `${path}%20`,
  'a dot at the end': (path) => `${path}.`,
  'a format at the end': (path) => `${path}.json`,
  'overlong UTF-8': (path) => path.replace('/api/', '/api%c0%af'),
  'the absolute form': (path) => `http://acme.users.test${path}`,
  'the absolute form of another tenant': (path) => `http://globex.users.test${path}`,
  'the absolute form of operators': (path) => `http://ops.test${path}`,
};

/** The target's authority stands above Host (RFC 9112, section 3.2.2): that token belongs there. */
const isOwn = (way: string, caller: string) =>
  way === 'the absolute form of another tenant' && caller === 'globex';

/** Every route in every way of writing it: nothing without a token, nor with that of another kind. */
export async function paths(world: World, settings: Settings): Promise<Row> {
  const faults: string[] = [];
  const tokens: Record<string, string | undefined> = { nobody: undefined };
  for (const kind of ['user', 'management', 'operator'] as const)
    tokens[kind] = `Bearer ${await world.token(kind)}`;
  tokens['globex'] = `Bearer ${await world.token('management', 'globex')}`;
  const all = OPERATIONS.filter(({ kind }) => kind !== 'public').flatMap((operation) =>
    Object.keys(WAYS).flatMap((way) =>
      Object.keys(tokens)
        .filter((caller) => caller !== operation.kind && !isOwn(way, caller))
        .map((caller) => ({ operation, way, caller })),
    ),
  );
  const tried = enough(all, settings);
  const before = await world.digest.take();
  for (const { operation, way, caller } of tried) {
    const body = operation.method === 'GET' ? undefined : BROKEN;
    const path = WAYS[way]?.(pathOf(operation)) ?? '';
    const sent = { method: operation.method, path, body };
    const answer = await world.ask(sent, operation.kind, tokens[caller]);
    if ([400, 401, 404, 405].includes(answer.status) && !answer.body.includes('Name of')) continue;
    const curl = world.curl(sent, operation.kind, tokens[caller]);
    faults.push(`${way}, ${caller}: ${answer.status}\n${curl}`);
  }
  if ((await world.digest.take()) !== before) faults.push('something is written');
  const claim = `routes × ${Object.keys(WAYS).length} ways to write a path: closed`;
  return { claim, cases: tried.length, faults };
}
