import type { OpenAPIObject } from '@nestjs/swagger';

/** What references to schemas begin with. */
export const SCHEMAS_PATH = '#/components/schemas/';

/** The parts of an OpenAPI 3.1 document that its passes work on. */
export type Node = Record<string, unknown>;

export interface Schema {
  $ref?: string;
  title?: string;
  type?: string | string[];
  enum?: unknown[];
  allOf?: Schema[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  example?: unknown;
}

export interface Media {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, object>;
}

export interface OpenApiResponse {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: Schema;
}

export interface Operation {
  operationId: string;
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, OpenApiResponse>;
}

/** Those of webhooks, too. */
export const operationsOf = ({ paths, webhooks }: OpenAPIObject, method?: string): Operation[] =>
  Object.values({ ...paths, ...webhooks }).flatMap((path) =>
    Object.entries(path as Record<string, Operation>)
      .filter(([name]) => method === undefined || name === method)
      .map(([, operation]) => operation),
  );

/** None of a reference to a response that is shared. */
export const bodiesOf = ({ content = {} }: OpenApiResponse): Media[] => Object.values(content);
