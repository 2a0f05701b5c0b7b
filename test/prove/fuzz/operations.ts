import { apiDocument } from '../../support/api-document.js';

export type Schema = Record<string, any>;
export type Kind = 'user' | 'management' | 'operator' | 'public';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  kind: Kind;
  parameters: Parameter[];
  /** Media type → schema of the body; none of an operation that takes no body. */
  bodies: Record<string, Schema>;
  /** Status → media type → schema. */
  answers: Record<string, Record<string, Schema>>;
  /** Any of these scopes is enough. */
  scopes: string[];
}

export const DOCUMENT = apiDocument() as Schema;

const KINDS = ['user', 'management', 'operator'] as const;

/** Every operation of the committed OpenAPI document. */
export const OPERATIONS: Operation[] = Object.entries<Schema>(DOCUMENT['paths']).flatMap(
  ([path, methods]) =>
    Object.entries<Schema>(methods).map(([method, operation]) => ({
      id: operation['operationId'] as string,
      method: method.toUpperCase(),
      path,
      kind: KINDS.find((kind) => `${kind}Token` in (operation['security']?.[0] ?? {})) ?? 'public',
      parameters: (operation['parameters'] ?? []) as Parameter[],
      bodies: schemasOf(operation['requestBody']),
      answers: Object.fromEntries(
        Object.entries<Schema>(operation['responses']).map(([status, answer]) => [
          status,
          schemasOf(answer),
        ]),
      ),
      scopes: scopesOf(operation['description'] ?? ''),
    })),
);

function schemasOf(part: Schema | undefined): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries<Schema>(part?.['content'] ?? {}).map(([type, { schema }]) => [type, schema]),
  );
}

/** As each description says: «token, scope `all` or `users:read`». */
function scopesOf(description: string): string[] {
  const said = /token, scope ((`[\w:]+`( or )?)+)/.exec(description)?.[1] ?? '';
  return said.split(' or ').map((scope) => scope.replaceAll('`', ''));
}

/** Bodies that the document shows for an operation. */
export function examplesOf({ path, method }: Operation): Record<string, unknown>[] {
  const { requestBody } = DOCUMENT['paths'][path][method.toLowerCase()] as Schema;
  const { example, examples = {} } = (requestBody?.content['application/json'] ?? {}) as Schema;
  const all = Object.values(examples as Record<string, { value: Record<string, unknown> }>);
  return [...(example ? [example] : []), ...all.map(({ value }) => value)];
}

/** What `$ref` stands for. */
export function resolved(schema: Schema): Schema {
  const name = (schema['$ref'] as string | undefined)?.split('/').at(-1);
  return name === undefined ? schema : (DOCUMENT['components'].schemas[name] as Schema);
}
