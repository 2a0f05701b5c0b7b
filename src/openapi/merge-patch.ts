import { isDeepStrictEqual } from 'node:util';
import type { OpenAPIObject } from '@nestjs/swagger';
import { MERGE_PATCH } from '../http/json-body.js';
import { operationsOf, type Schema, SCHEMAS_PATH } from './parts.js';
import { bareField } from '../validation/bare-body.js';

/** Documents the merge patch (RFC 7396) that every PATCH takes beside its plain JSON. */
export function addMergePatches(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  for (const { requestBody } of operationsOf(document, 'patch')) {
    const json = requestBody?.content['application/json'];
    const name = json?.schema.$ref?.slice(SCHEMAS_PATH.length) ?? '';
    const schema = schemas[name];
    if (!requestBody || !json || !schema) continue;
    // Its fields have the examples.
    requestBody.content[MERGE_PATCH] = {
      schema: mergePatchOf(name, bodyOf(name, schema, true), schemas),
    };
    if (bareField(name, false) === undefined) continue;
    json.schema = bodyOf(name, schema, false);
    Reflect.deleteProperty(schemas, name);
  }
}

/** The schema of the body: of the DTO, or of the one field that the body is the bare value of. */
function bodyOf(name: string, schema: Schema, isMergePatch: boolean): Schema {
  const bare = bareField(name, isMergePatch);
  return (bare === undefined ? undefined : schema.properties?.[bare]) ?? schema;
}

/** One that takes null wherever its plain JSON does has the same schema. */
function mergePatchOf(name: string, body: Schema, schemas: Record<string, Schema>): Schema {
  const mergePatch = removable(body);
  // Only a field has a title, and so becomes a schema of its own.
  if (mergePatch.title !== undefined) return mergePatch;
  const isSame = isDeepStrictEqual(mergePatch, body);
  const own = isSame ? name : `${name}MergePatch`;
  schemas[own] = mergePatch;
  return { $ref: SCHEMAS_PATH + own };
}

/** null removes a member of an object, so it may stand wherever the objects of the body have one. */
function removable(body: Schema): Schema {
  const isObject = ({ type }: Schema) => type === 'object';
  const orNull = (schema: Schema): Schema => {
    const { type, enum: values } = schema;
    if (isObject(schema)) return { anyOf: [members(schema, orNull), { type: 'null' }] };
    if (typeof type !== 'string') return schema;
    return { ...schema, type: [type, 'null'], ...(values && { enum: [...values, null] }) };
  };
  // Text fields of a user say themselves whether null clears them.
  const isUser = Object.values(body.properties ?? {}).some((field) => 'description' in field);
  return members(body, isUser ? (field) => (isObject(field) ? orNull(field) : field) : orNull);
}

function members(schema: Schema, change: (member: Schema) => Schema): Schema {
  const { properties, additionalProperties: others, title } = schema;
  const changed = Object.entries(properties ?? {}).map(([name, member]) => [name, change(member)]);
  const patched: Schema = {
    ...schema,
    ...(properties && { properties: Object.fromEntries(changed) as Record<string, Schema> }),
    ...(typeof others === 'object' && { additionalProperties: change(others) }),
  };
  if (title === undefined || isDeepStrictEqual(patched, schema)) return patched;
  return { ...patched, title: `${title}MergePatch` };
}
