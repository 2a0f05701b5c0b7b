import fc, { type Arbitrary } from 'fast-check';
import { type Kind, type Operation, type Parameter } from './operations.js';
import { oddBody, oddKey, oddValue, toText } from './odd-json.js';
import { ofSchema } from './of-schema.js';

/** A request that is still to be given its tokens. */
export interface Wish {
  operation: Operation;
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
  caller: Kind | 'nobody' | 'stranger';
  hasKey: boolean;
  isDry: boolean;
}

/** What is there, or was. */
export const IDS = ['u1', 'u2', 'u3', 'u4'];
export const HOOK_ID = 'hook00000001';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

const ODD_TEXTS = [
  ...[
    '%00',
    'a%00b',
    '%2e',
    '%2E%2e',
    '.',
    '..',
    '%2F',
    'u1%2Fprofile',
    '%ff',
    '%zz',
    '%',
    '%c0%80',
  ],
  ...['%ED%A0%80', '%EF%BF%BF', '%E2%80%AE', ';a=b', 'u1;x', '%3f', '%23', '%25', '%5c', '*', '+'],
  ...['%20', 'u1%20', '%09', "'", '"', '`', '$1', '{userId}', ':userId', 'U1', 'null', 'undefined'],
  ...['-1', '0', '1e9', '9007199254740993', '99999999999999999999', 'true', 'NaN', 'x'.repeat(300)],
];

const quoted = (text: string) => encodeURIComponent(text.toWellFormed());
const odd = fc.constantFrom(...ODD_TEXTS);
const rarely = <T>(weight: number, often: Arbitrary<T>, seldom: Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: often }, { weight: 1, arbitrary: seldom });

/** Any request of an operation: valid, nearly valid, and far from it. */
export function requestsOf(operation: Operation): Arbitrary<Wish> {
  return fc
    .record({
      method: rarely(12, fc.constant(operation.method), fc.constantFrom(...METHODS)),
      path: pathOf(operation),
      query: queryOf(operation),
      headers: headersOf(operation),
      body: bodyOf(operation),
      caller: rarely<Wish['caller']>(
        15,
        fc.constant(operation.kind),
        fc.constantFrom('nobody', 'stranger', 'user', 'management', 'operator'),
      ),
    })
    .map(({ method, path, query, headers, body: [type, body], caller }) => ({
      ...{ operation, method, caller },
      path: path + (query.length > 0 ? `?${query.join('&')}` : ''),
      headers: [...headers, ...type],
      body: method === 'GET' || method === 'HEAD' || method === 'TRACE' ? undefined : body,
      hasKey: headers.some(([name]) => name === 'Idempotency-Key'),
      isDry: query.includes('dryRun=true'),
    }));
}

function pathOf({ path, parameters }: Operation): Arbitrary<string> {
  const named = parameters.filter((parameter) => parameter.in === 'path');
  const values = named.map(({ name, schema }) =>
    fc.oneof(
      { weight: 24, arbitrary: knownOf(name) },
      { weight: 2, arbitrary: odd },
      { weight: 2, arbitrary: ofSchema(schema).map((value) => quoted(String(value))) },
    ),
  );
  return fc
    .tuple(...values)
    .map((all) => all.reduce((whole, value) => whole.replace(/\{\w+\}/, () => value), path));
}

function knownOf(name: string): Arbitrary<string> {
  if (name === 'userId') return fc.constantFrom(...IDS, ...IDS, 'nobody');
  if (name === 'hookId') return fc.constantFrom(HOOK_ID, 'nohook000000');
  if (name === 'tenantId') return fc.constantFrom('acme', 'globex', 'nowhere');
  if (name === 'deliveryId') return fc.constantFrom('1', '2');
  return fc.constantFrom('github', 'okta');
}

function queryOf({ parameters }: Operation): Arbitrary<string[]> {
  const all = parameters.filter((parameter) => parameter.in === 'query');
  const named = all.filter(({ name }) => name !== 'dryRun');
  const one = ({ name, schema }: Parameter) => {
    const valid = name === 'wait' ? fc.constant(0) : ofSchema(schema);
    // Of an object, each member is a parameter (style form, exploded).
    if (schema['type'] === 'object')
      return valid.map((known) =>
        Object.entries(known as object)
          .map(([member, value]) => `${quoted(`${name}.${member}`)}=${quoted(String(value))}`)
          .join('&'),
      );
    const fitting = valid.map((known) => quoted(String(known)));
    return rarely(3, fitting, odd).map((text) => `${quoted(name)}=${text}`);
  };
  const documented = fc
    .shuffledSubarray(named, { maxLength: Math.min(3, named.length) })
    .chain((some) => fc.tuple(...some.map(one)));
  const dry = fc.constantFrom('dryRun=true', 'dryRun=true', 'dryRun=false', 'dryRun=1');
  return fc
    .tuple(
      documented,
      all.length > named.length ? rarely(1, none, dry.map(listed)) : none,
      rarely(12, none, fc.constantFrom(...STRAY).map(listed)),
    )
    .map((parts) => parts.flat());
}

const none = fc.constant<string[]>([]);
const listed = (text: string) => [text];

/** Queries that no route knows, or not so. */
const STRAY = [
  ...['%00=1', 'a[b]=1', '__proto__=1', '%zz', '&', '=', 'dryRun', 'dryRun=TRUE', 'dryRun='],
  ...['dryRun=true&dryRun=false', 'customData.a=1', 'customData%2Fa=%00', 'search.nope=x', '#x'],
  ...['search=%25%25', 'mode.name=posix&search.name=%5B', 'mode.name=similar_to&search.name=%28'],
];

const TAGS = [
  ...[
    '"1"',
    '"2"',
    '*',
    'W/"1"',
    '"1", "2"',
    '"1","*"',
    '1',
    '"',
    '""',
    '"a"',
    '"99999999999999999999"',
  ],
  ...['', ',', '"1" "2"', '"1";', '\u00ff', '"-1"', '"01"', `"${'1'.repeat(5_000)}"`],
];

const ODD_HEADERS: [string, string][] = [
  ['X-Request-Id', 'a b'],
  ['X-Request-Id', 'x'.repeat(300)],
  ['X-Request-Id', '\u00ff'],
  ['Accept', 'text/html'],
  ['Accept', '*/*;q=0'],
  ['Content-Encoding', 'gzip'],
  ['Content-Encoding', ''],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Original-URL', '/api/users'],
  ['Range', 'bytes=0-1'],
  ['Origin', 'null'],
  ['Cookie', 'a=b'],
  ['Last-Event-ID', 'x'],
  ['If-Modified-Since', 'x'],
];

function headersOf({ parameters }: Operation): Arbitrary<[string, string][]> {
  const has = (name: string) => parameters.some((parameter) => parameter.name === name);
  const seldom = (name: string, value: Arbitrary<string>) =>
    rarely<[string, string][]>(
      has(name) ? 7 : 40,
      fc.constant([]),
      value.map((text) => [[name, text]]),
    );
  const key = fc.oneof(
    fc.uuid(),
    fc.constantFrom('k1', 'k2', '', ' ', '"k1"', '\u00ff', 'x'.repeat(256)),
  );
  return fc
    .tuple(
      seldom('If-Match', fc.constantFrom(...TAGS)),
      seldom('If-None-Match', fc.constantFrom(...TAGS)),
      seldom('Idempotency-Key', key),
      rarely<[string, string][]>(
        9,
        fc.constant([]),
        fc.constantFrom(...ODD_HEADERS).map((header) => [header]),
      ),
    )
    .map((all) => all.flat());
}

const ODD_TYPES = [
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'x',
    '',
  ],
  ...['application/json; charset=utf-16', 'application/json;charset="utf-8"', 'application/json;;'],
  ...['APPLICATION/JSON', 'application/json, text/plain', 'application/jsonp', ' application/json'],
  ...['application/merge-patch+json', 'application/json-patch+json', '\u00ff/json'],
];

type Body = [type: [string, string][], body: Buffer | undefined];

function bodyOf({ bodies }: Operation): Arbitrary<Body> {
  const types = Object.entries(bodies);
  const none = fc.constant<Body>([[], undefined]);
  if (types.length === 0)
    return rarely(
      15,
      none,
      oddBody.map<Body>((body) => [typed('application/json'), body]),
    );
  const fitting = fc.oneof(
    ...types.map(([type, schema]) =>
      nearly(ofSchema(schema) as Arbitrary<object>).map<Body>((value) => [
        typed(type),
        Buffer.from(toText(value)),
      ]),
    ),
  );
  return fc.oneof(
    { weight: 14, arbitrary: fitting },
    {
      weight: 1,
      arbitrary: oddBody.map<Body>((body) => [typed(types[0]?.[0] ?? ''), body]),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...ODD_TYPES), fitting)
        .map<Body>(([type, [, body]]) => [typed(type), body]),
    },
    { weight: 1, arbitrary: none },
  );
}

const typed = (type: string): [string, string][] => [['Content-Type', type]];

/** Half of them as they are; in the others, a member is another value, or there is one more. */
function nearly(object: Arbitrary<object>): Arbitrary<object> {
  const changed = fc
    .tuple(object, fc.nat(20), fc.oneof(oddValue, fc.jsonValue({ maxDepth: 1 })))
    .map(([value, place, another]) => {
      const names = Object.keys(value);
      const name = names[place % Math.max(1, names.length)] ?? 'name';
      return { ...value, [name]: another };
    });
  const more = fc
    .tuple(object, oddKey, oddValue)
    .map(([value, key, another]) => Object.fromEntries([...Object.entries(value), [key, another]]));
  return fc.oneof({ weight: 3, arbitrary: object }, { weight: 2, arbitrary: changed }, more);
}
