import type { OpenAPIObject } from '@nestjs/swagger';
import { MERGE_PATCH } from './http/json-body.js';
import { bareField } from './validation/bare-body.js';

/** The parts of an OpenAPI 3.1 schema that this file works on. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  example?: unknown;
}

type Media = Record<string, { schema: Schema; example?: unknown; examples?: object }>;

/** Documents the merge patch (RFC 7396) that every PATCH takes beside its plain JSON. */
export function addMergePatches(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  for (const { patch } of Object.values(document.paths)) {
    const content = (patch?.requestBody as { content?: Media } | undefined)?.content;
    const json = content?.['application/json'];
    const name = json?.schema.$ref?.split('/').at(-1);
    const schema = schemas[name ?? ''];
    if (!content || !json || !name || !schema) continue;
    if (bareField(name, false)) schemas[name] = bodyOf(name, schema, false);
    schemas[`${name}MergePatch`] ??= removable(bodyOf(name, schema, true));
    content[MERGE_PATCH] = {
      schema: { $ref: `#/components/schemas/${name}MergePatch` },
      example: exampleOf(bodyOf(name, schema, true)),
    };
  }
}

/** The schema of the body: of the DTO, or of the one field that the body is the bare value of. */
function bodyOf(name: string, schema: Schema, isMergePatch: boolean): Schema {
  const bare = bareField(name, isMergePatch);
  return (bare === undefined ? undefined : schema.properties?.[bare]) ?? schema;
}

/** null removes a member of an object, so it may stand wherever the objects of the body have one. */
function removable(body: Schema): Schema {
  const isObject = ({ type }: Schema) => type === 'object';
  const orNull = (schema: Schema): Schema => ({
    ...(isObject(schema) ? members(schema, orNull) : schema),
    ...(typeof schema.type === 'string' && { type: [schema.type, 'null'] }),
  });
  // Text fields of a user say themselves whether null clears them.
  const isUser = Object.values(body.properties ?? {}).some((field) => 'description' in field);
  return members(body, isUser ? (field) => (isObject(field) ? orNull(field) : field) : orNull);
}

function members(schema: Schema, change: (member: Schema) => Schema): Schema {
  const { properties = {}, additionalProperties: others } = schema;
  const changed = Object.entries(properties).map(([name, member]) => [name, change(member)]);
  return {
    ...schema,
    ...(schema.properties && {
      properties: Object.fromEntries(changed) as Record<string, Schema>,
    }),
    ...(typeof others === 'object' && { additionalProperties: change(others) }),
  };
}

function exampleOf({ example, properties = {} }: Schema): unknown {
  if (example !== undefined) return example;
  const examples = Object.entries(properties).map(([name, member]) => [name, member.example]);
  return Object.fromEntries(examples) as unknown;
}
