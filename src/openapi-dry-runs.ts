import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { DryRunDto } from './writes/dry-run.dto.js';

interface Answer {
  description: string;
  content?: Record<string, { schema: object; example?: unknown }>;
}

interface Operation {
  parameters?: { name?: string }[];
  responses: Record<string, Answer>;
}

const dryRun = { $ref: getSchemaPath(DryRunDto) };

/** Documents the answer with 200 that every route with `dryRun` has beside its own. */
export function addDryRuns(document: OpenAPIObject): void {
  const paths = Object.values(document.paths) as Record<string, Operation>[];
  for (const { parameters, responses } of paths.flatMap((path) => Object.values(path))) {
    if (!parameters?.some(({ name }) => name === 'dryRun')) continue;
    const json = responses['200']?.content?.['application/json'];
    if (json) json.schema = { anyOf: [json.schema, dryRun] };
    else
      responses['200'] = {
        description: 'Of `dryRun=true`.',
        content: { 'application/json': { schema: dryRun } },
      };
  }
}
