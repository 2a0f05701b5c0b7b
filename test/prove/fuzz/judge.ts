import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { DOCUMENT, type Operation, OPERATIONS, type Schema } from './operations.js';
import type { Answer } from '../exchange.js';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...DOCUMENT, $id: 'openapi' });
const validators = new WeakMap<Schema, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  const known = validators.get(schema);
  if (known) return known;
  const rooted = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
  const validate = ajv.compile(JSON.parse(rooted) as Schema);
  validators.set(schema, validate);
  return validate;
}

const dryRun: Schema = { $ref: '#/components/schemas/DryRun' };
const problem = validatorOf({ $ref: '#/components/schemas/Problem' });

/** What is refused before any route is looked for, and so belongs to none (docs/errors.md). */
const UNROUTED = [
  ...['request.malformed', 'request.route_not_found', 'request.method_not_allowed'],
  ...['request.header_fields_too_large', 'request.expectation_failed', 'request.unknown_host'],
];

/** What is wrong with an answer as such, by the document. */
export function faultOf({ method, operation, isDry }: Asked, answer: Answer) {
  const { status, headers, body } = answer;
  if (status >= 500) return `answers ${status}`;
  const text = decode(body);
  if (text === undefined) return 'the answer is not UTF-8';
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  if (status >= 400) {
    const wrong = method === 'HEAD' ? undefined : problemFault(answer, type, text);
    if (wrong !== undefined) return wrong;
  }
  if (method === 'HEAD' && body.length > 0) return 'an answer to HEAD has a body';
  const own = operationOf(method, operation);
  // Its answers tell no code.
  if (!own) return method === 'HEAD' && status !== 405 ? undefined : methodFault(answer, operation);
  // Also of a status that the route documents, with codes of its own: of an empty id there is no route.
  if (status >= 400 && UNROUTED.includes(codeOf(text))) return undefined;
  // What a dry run is answered stands beside the responses.
  const documented =
    isDry && status === 200 ? { 'application/json': dryRun } : own.answers[String(status)];
  if (!documented)
    return method === 'HEAD' ? undefined : `${status} ${codeOf(text)} is not documented`;
  if (method === 'HEAD') return undefined;
  const schema = documented[type];
  if (!schema) return body.length > 0 ? `${status} has the undocumented type ${type}` : undefined;
  if (!type.endsWith('json')) return undefined;
  const validate = validatorOf(schema);
  return validate(JSON.parse(text)) ? undefined : `does not fit its schema: ${said(validate)}`;
}

interface Asked {
  isDry: boolean;
  method: string;
  operation: Operation;
}

const operationOf = (method: string, { path }: Operation) =>
  OPERATIONS.find(
    (one) => one.path === path && one.method === (method === 'HEAD' ? 'GET' : method),
  );

/** A path without a route for this method says which it has. */
function methodFault({ status, headers, body }: Answer, { path }: Operation) {
  if (status !== 405)
    return UNROUTED.includes(codeOf(decode(body) ?? ''))
      ? undefined
      : `a method that is none of the path's is answered ${status}`;
  const methods = OPERATIONS.filter((one) => one.path === path).map(({ method }) => method);
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].sort().join(', ');
  return headers.allow === allowed ? undefined : `Allow is ${headers.allow}, not ${allowed}`;
}

function problemFault({ status, headers }: Answer, type: string, text: string) {
  if (type !== 'application/problem+json') return `${status} is no problem but ${type}`;
  const told = JSON.parse(text) as { status: number; instance: string };
  if (!problem(told)) return `is no problem: ${said(problem)}`;
  if (told.status !== status) return 'its problem has another status';
  if (told.instance !== headers['x-request-id']) return 'its problem has another request id';
  if (status === 401 && !headers['www-authenticate']) return '401 without WWW-Authenticate';
  return undefined;
}

const said = ({ errors }: ValidateFunction) => ajv.errorsText(errors?.slice(0, 3) ?? []);

export const codeOf = (text: string) => /"code":"([\w.]+)"/.exec(text)?.[1] ?? '';

function decode(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
