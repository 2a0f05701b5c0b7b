import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { DryRunDto } from './writes/dry-run.dto.js';

interface Answer {
  description: string;
  content?: Record<string, { schema: object; example?: unknown; examples?: object }>;
}

interface Operation {
  operationId: string;
  parameters?: { name?: string }[];
  responses: Record<string, Answer>;
}

const dryRun = { $ref: getSchemaPath(DryRunDto) };

/** What comes of a change of the name; of `deleteUser` no user is left. */
const exampleOf = (operationId: string) =>
  operationId === 'deleteUser'
    ? { user: null, changes: [] }
    : { user: { name: 'Ada' }, changes: [{ pointer: '/name', old: null, new: 'Ada' }] };

/** Documents the answer with 200 that every route with `dryRun` has beside its own. */
export function addDryRuns(document: OpenAPIObject): void {
  const paths = Object.values(document.paths) as Record<string, Operation>[];
  for (const { operationId, parameters, responses } of paths.flatMap((path) =>
    Object.values(path),
  )) {
    if (!parameters?.some(({ name }) => name === 'dryRun')) continue;
    const tried = exampleOf(operationId);
    const { '200': answer } = responses;
    const json = answer?.content?.['application/json'];
    if (answer && json) {
      const { example, schema } = json;
      answer.description += ' With `dryRun=true`, what would come of it.';
      answer.content = {
        'application/json': {
          schema: { anyOf: [schema, dryRun] },
          examples: { done: { value: example }, dryRun: { value: tried } },
        },
      };
    } else
      responses['200'] = {
        description: 'Of `dryRun=true`: what would come of it.',
        content: { 'application/json': { schema: dryRun, example: tried } },
      };
  }
}
