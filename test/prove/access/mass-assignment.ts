import {
  examplesOf,
  type Operation,
  OPERATIONS,
  resolved,
  type Schema,
} from '../fuzz/operations.js';
import type { Row, Settings } from '../part.js';
import { enough } from '../some.js';
import { type CallerKind, pathOf, type World } from './world.js';

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Every column of the catalogue as a key of every body: refused, and nothing is changed. */
export async function massAssignment(world: World, settings: Settings): Promise<Row> {
  const { rows } = await world.lab.database.client.query<{ name: string }>(
    `SELECT DISTINCT column_name AS name FROM information_schema.columns
     WHERE table_schema IN ('public', 'hook_queue')`,
  );
  const names = [...new Set(rows.flatMap(({ name }) => [name, camel(name)]))].sort();
  const faults: string[] = [];
  const all = OPERATIONS.filter(({ kind }) => kind !== 'public').flatMap((operation) => [
    ...attempts(operation, names),
  ]);
  const tried = enough(all, settings);
  const before = await world.digest.take();
  for (const { name, operation, sent } of tried) {
    const kind = operation.kind as CallerKind;
    const authorization = `Bearer ${await world.token(kind)}`;
    const { status, body } = await world.ask(sent, kind, authorization);
    if (status === 400 && body.includes(name)) continue;
    faults.push(`${name}: ${status}\n${world.curl(sent, kind, authorization)}`);
  }
  if ((await world.digest.take()) !== before) faults.push('something is written');
  const claim = `${names.length} names of columns as keys: refused by name`;
  return { claim, cases: tried.length, faults };
}

function* attempts(operation: Operation, names: string[]) {
  const { method, bodies } = operation;
  const schema = bodies['application/json'];
  const path = pathOf(operation);
  const known = operation.parameters.map((parameter) => parameter.name);
  for (const name of names.filter((one) => !known.includes(one)))
    if (!schema) yield { name, operation, sent: { method, path: `${path}?${name}=true` } };
  if (!schema || isOpen(schema)) return;
  const fields = Object.keys((resolved(schema)['properties'] ?? {}) as object);
  for (const name of names.filter((one) => !fields.includes(one)))
    for (const value of [true, 'x', { a: 1 }]) {
      const body = Buffer.from(JSON.stringify({ ...examplesOf(operation)[0], [name]: value }));
      yield { name, operation, sent: { method, path, body } };
    }
}

/** Of claims, a team may have more of its own. */
const isOpen = (schema: Schema) => resolved(schema)['additionalProperties'] !== false;
