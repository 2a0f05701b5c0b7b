import fc, { type Arbitrary } from 'fast-check';
import { resolved, type Schema } from './operations.js';

const words = fc.constantFrom(
  'Ada',
  'Löwe',
  'O’Brien',
  '😀',
  'e\u0301',
  'x'.repeat(128),
  '%_\\',
  '',
);

/** Values that fit the schema. */
export function ofSchema(given: Schema): Arbitrary<unknown> {
  const schema = resolved(given);
  const { enum: known, anyOf, oneOf, allOf, const: only, example } = schema;
  if (only !== undefined) return fc.constant(only);
  if (known) return fc.constantFrom(...(known as unknown[]));
  if (anyOf ?? oneOf) return fc.oneof(...((anyOf ?? oneOf) as Schema[]).map(ofSchema));
  if (allOf?.length === 1) return ofSchema(allOf[0] as Schema);
  const types = [schema['type'] ?? 'object'].flat() as string[];
  const arbitrary = fc.oneof(...types.map((type) => ofType(type, schema)));
  return example === undefined
    ? arbitrary
    : fc.oneof({ weight: 1, arbitrary: fc.constant(example as unknown) }, { weight: 2, arbitrary });
}

function ofType(type: string, schema: Schema): Arbitrary<unknown> {
  if (type === 'null') return fc.constant(null);
  if (type === 'boolean') return fc.boolean();
  if (type === 'string') return ofText(schema);
  if (type === 'array')
    return fc.array(ofSchema((schema['items'] ?? {}) as Schema), { maxLength: 3 });
  if (type === 'object') return ofObject(schema);
  const { minimum: min = 0, maximum: max = 2 ** 41 } = schema as Record<string, number>;
  return fc.integer({ min: Math.ceil(min), max: Math.floor(Math.min(max, 2 ** 52)) });
}

function ofText({ pattern, format, minLength = 0, maxLength = 300 }: Schema): Arbitrary<string> {
  if (format === 'uri') return fc.webUrl({ validSchemes: ['http', 'https'], size: 'small' });
  const free = fc.oneof(words, fc.string({ unit: 'grapheme', minLength, maxLength: 40 }));
  if (pattern === undefined)
    return free.map((text) => Array.from(text).slice(0, maxLength).join('').padEnd(minLength, 'x'));
  // What fast-check cannot take is only there to refuse the path segments . and ..
  const known = new RegExp((pattern as string).replace(/\(\?![^)]*\)/g, ''));
  const fitting = new RegExp(pattern as string);
  return fc.stringMatching(known).filter((text) => text.length <= maxLength && fitting.test(text));
}

function ofObject({ properties, required = [], additionalProperties }: Schema): Arbitrary<object> {
  const members = Object.entries<Schema>(properties ?? {}).map(([name, schema]) => [
    name,
    ofSchema(schema),
  ]);
  const own = fc.record<Record<string, unknown>>(Object.fromEntries(members), {
    requiredKeys: required as string[],
  });
  if (!additionalProperties) return own;
  const key = fc.string({ minLength: 1, maxLength: 6 }).filter((name) => name !== '__proto__');
  const more = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  return fc.tuple(own, more).map(([one, other]) => ({ ...other, ...one }));
}
