import type { OpenAPIObject } from '@nestjs/swagger';
import {
  type Node,
  operationsOf,
  type OpenApiResponse,
  type Schema,
  SCHEMAS_PATH,
} from './parts.js';
import { type Place, share } from './places.js';

/** Where values stand, not schemas. */
const VALUES = ['example', 'examples', 'default', 'enum'];

/**
 * Calls schemas by what they describe: without the ending of their classes, pages by what is on them, and
 * those that stand inside of others by their titles.
 */
export function nameSchemas(document: OpenAPIObject): void {
  const { paths, webhooks } = document;
  const schemas: Record<string, Schema> = {};
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    const plain = withoutEnding(name);
    if (plain in schemas) throw new Error(`There are two schemas ${plain}.`);
    schemas[plain] = schema;
  }
  renameReferences([paths, webhooks, schemas]);
  for (const { responses } of operationsOf(document))
    for (const response of Object.values(responses)) nameArray(response);
  Object.assign((document.components ??= {}), { schemas });
  // Those first that have no other ones inside.
  for (;;) {
    const places = titledIn([paths, document.components.schemas]);
    if (places.length === 0) break;
    share(document, 'schemas', places, 1);
  }
}

const withoutEnding = (name: string) => name.replace(/Dto(?=MergePatch$|$)/, '');

function renameReferences(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const { $ref } = node as Schema;
  if (typeof $ref === 'string') (node as Schema).$ref = withoutEnding($ref);
  for (const child of Object.values(node)) renameReferences(child);
}

/** An array is a page where a `Link` leads to the next one. */
function nameArray({ content = {}, headers = {} }: OpenApiResponse): void {
  for (const { schema } of Object.values(content)) {
    const item = schema.type === 'array' && schema.items?.$ref?.slice(SCHEMAS_PATH.length);
    if (item) schema.title ??= `${item}${'Link' in headers ? 'Page' : 'List'}`;
  }
}

/** Schemas with a title and without one inside. What is said of an object is said of its place, beside the reference. */
function titledIn(node: object): Place[] {
  return Object.entries(node as Node).flatMap(([key, child]): Place[] => {
    if (typeof child !== 'object' || child === null || VALUES.includes(key)) return [];
    const inside = titledIn(child);
    const { title } = child as Schema;
    if (inside.length > 0 || typeof title !== 'string') return inside;
    delete (child as Schema).title;
    const { description, example, ...core } = child as Node;
    const isObject = core['type'] === 'object';
    const replace = (reference: object) => {
      const beside = isObject ? { description, example } : {};
      (node as Node)[key] = withoutUndefined({ ...reference, ...beside });
    };
    return [{ name: title, part: isObject ? core : child, replace }];
  });
}

const withoutUndefined = (node: Node) =>
  Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined));
