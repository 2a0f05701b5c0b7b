import { isDeepStrictEqual } from 'node:util';
import type { OpenAPIObject } from '@nestjs/swagger';
import { bodiesOf, operationsOf, type Schema, SCHEMAS_PATH } from './parts.js';

/**
 * What an answer looks like is said once, by its schema: an example of an answer becomes that of the schema,
 * whose fields need none then, and whose pages neither.
 */
export function moveExamples(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const named = ({ $ref }: Schema) => schemas[$ref?.slice(SCHEMAS_PATH.length) ?? ''];
  const answers = operationsOf(document).flatMap(({ responses }) =>
    Object.values(responses).flatMap(bodiesOf),
  );
  for (const media of answers) {
    const schema = named(media.schema);
    if (media.example === undefined || !schema || schema.items) continue;
    schema.example ??= media.example;
    if (isDeepStrictEqual(schema.example, media.example)) delete media.example;
  }
  for (const media of answers) {
    const item = named(named(media.schema)?.items ?? {});
    if (!item || !Array.isArray(media.example)) continue;
    item.example ??= media.example[0] as unknown;
    if (isDeepStrictEqual(media.example, [item.example])) delete media.example;
  }
  for (const { example, properties = {} } of Object.values(schemas))
    if (example !== undefined) for (const field of Object.values(properties)) delete field.example;
}
